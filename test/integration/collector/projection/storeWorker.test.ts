import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { JournalWriter } from '../../../../src/collector/journal/journalWriter';
import { headFor, Process, tempDir } from '../../../unit/collector/journal/journalFixture';
import { until } from '../harness';
import { changes, elsewhere, points, rowOf, start } from './startedWorkers';

describe('the store’s thread', () => {
  it('shows a run while it is written, and tells that it changed', async () => {
    const dir = tempDir();
    const { worker, notices } = start(dir);
    const script = new Process(dir, 'run-1').log('run_start', { name: 'first' }).metric('loss', 0.5, 1);
    await until(() => rowOf(worker, 'run-1')?.metrics['loss']?.last === 0.5);
    notices.length = 0;
    script
      .metric('loss', 0.25, 2)
      .log('status', { status: 'training', progress: { cur: 2, total: 4, unit: 'epochs' } });
    await until(() => rowOf(worker, 'run-1')?.metrics['loss']?.last === 0.25);
    expect(rowOf(worker, 'run-1')).toMatchObject({ name: 'first', status: 'running', progress: { cur: 2 } });
    expect(await points(worker, 'run-1', 'loss')).toEqual([0.5, 0.25]);
    await until(() => changes(notices).some(({ topic }) => topic === 'series:run-1'));
    const topics = changes(notices).map(({ topic }) => topic);
    expect(topics).toContain('runs');
    expect(topics).toContain('run:run-1');
    script.log('run_end', { status: 'completed' });
    await until(() => rowOf(worker, 'run-1')?.status === 'completed');
  });

  it('has read a journal when it answers its bell', async () => {
    const dir = tempDir();
    const { worker } = start(dir);
    const script = new Process(dir, 'run-1').log('run_start');
    const file = script.journal.file;
    for (let step = 0; step < 20; step++) {
      script.metric('loss', step, step);
      await worker.bell({ run_id: 'run-1', file });
      expect(rowOf(worker, 'run-1')?.metrics['loss']?.last).toBe(step);
    }
    await worker.bell({ run_id: 'no-such-run' });
    await worker.bell({ run_id: '../../etc' });
  });

  it('tells of many changes at most twenty times a second', async () => {
    const dir = tempDir();
    const { worker, notices } = start(dir);
    const script = new Process(dir, 'run-1').log('run_start');
    await worker.bell({ run_id: 'run-1' });
    notices.length = 0;
    const began = performance.now();
    for (let step = 0; performance.now() - began < 600; step++) {
      script.metric('loss', step, step);
      await worker.bell({ run_id: 'run-1', file: script.journal.file });
    }
    const told = notices.filter(({ kind }) => kind === 'changed').length;
    expect(told).toBeGreaterThan(3);
    expect(told).toBeLessThanOrEqual(13);
  });

  it('goes on after a restart where it stopped, and counts nothing twice', async () => {
    const dir = tempDir();
    const first = start(dir);
    const script = new Process(dir, 'run-1', { proc: elsewhere }).log('run_start').metric('loss', 1, 1);
    await first.worker.bell({ run_id: 'run-1' });
    first.end();
    expect(readdirSync(join(dir, 'runs', 'run-1'))).toContain('run.sqlite');
    script.metric('loss', 2, 2);
    const second = start(dir);
    expect(rowOf(second.worker, 'run-1')).toBeDefined();
    await until(() => rowOf(second.worker, 'run-1')?.metrics['loss']?.count === 2);
    expect(await points(second.worker, 'run-1', 'loss')).toEqual([1, 2]);
    expect((await second.worker.queries['runs.get']({ run_id: 'run-1' })).warnings).toEqual([]);
  });

  it('makes databases again that were deleted or damaged while it was away', async () => {
    const dir = tempDir();
    const first = start(dir);
    for (const id of ['run-1', 'run-2', 'run-3'])
      new Process(dir, id).log('run_start').metric('loss', 1, 1).log('run_end', { status: 'completed' });
    await until(() => first.worker.queries['runs.list']({ filter: 'status = completed' }).total === 3);
    first.end();
    rmSync(join(dir, 'catalog.sqlite'));
    rmSync(join(dir, 'runs', 'run-2', 'run.sqlite'));
    const damaged = join(dir, 'runs', 'run-3', 'run.sqlite');
    const bytes = readFileSync(damaged);
    bytes[bytes.length >> 1] = bytes[bytes.length >> 1]! ^ 0xff;
    writeFileSync(damaged, bytes);
    const second = start(dir);
    await until(() => second.worker.queries['runs.list']({ filter: 'metrics.loss = 1' }).total === 3);
    for (const id of ['run-1', 'run-2', 'run-3']) expect(await points(second.worker, id, 'loss')).toEqual([1]);
    expect((await second.worker.queries['runs.get']({ run_id: 'run-3' })).warnings).toMatchObject([
      { code: 'database_damaged' },
    ]);
    second.end();
    writeFileSync(join(dir, 'catalog.sqlite'), 'rubbish');
    const third = start(dir);
    await until(() => third.worker.queries['runs.list']({}).total === 3);
    expect(third.notices).toContainEqual(expect.objectContaining({ kind: 'warning' }));
  });

  it('writes databases again that are deleted under it', async () => {
    const dir = tempDir();
    const { worker } = start(dir);
    const script = new Process(dir, 'run-1').log('run_start').metric('loss', 1, 1);
    await worker.bell({ run_id: 'run-1' });
    await worker.flush();
    const files = [join(dir, 'catalog.sqlite'), join(dir, 'runs', 'run-1', 'run.sqlite')];
    expect(files.every(existsSync)).toBe(true);
    files.forEach((file) => rmSync(file));
    expect(rowOf(worker, 'run-1')?.metrics['loss']?.last).toBe(1);
    script.metric('loss', 2, 2);
    await until(() => files.every(existsSync));
  });

  it('writes nothing when the lease is another’s, and nothing as a follower', async () => {
    for (const options of [{ ownsLease: () => false }, { readOnly: true }]) {
      const dir = tempDir();
      new Process(dir, 'run-1').log('run_start').metric('loss', 1, 1);
      const started = start(dir, options);
      await until(() => rowOf(started.worker, 'run-1')?.metrics['loss']?.last === 1);
      await started.worker.flush();
      started.end();
      expect(readdirSync(dir)).toEqual(['runs']);
      expect(readdirSync(join(dir, 'runs', 'run-1')).every((name) => name.endsWith('.xtj'))).toBe(true);
    }
  });

  it('rebuilds everything when asked to', async () => {
    const dir = tempDir();
    const { worker } = start(dir);
    new Process(dir, 'run-1').log('run_start').metric('loss', 1, 1).log('run_end', { status: 'completed' });
    await until(() => rowOf(worker, 'run-1')?.status === 'completed');
    expect(await worker.rebuild()).toEqual({ runs: 1 });
    expect(rowOf(worker, 'run-1')).toMatchObject({ status: 'completed', metrics: { loss: { count: 1 } } });
    expect(existsSync(join(dir, 'catalog.sqlite'))).toBe(true);
  });

  it('shows a deleted run no more, and again when it was restored', async () => {
    const dir = tempDir();
    const { worker } = start(dir);
    new Process(dir, 'run-1').log('run_start').log('run_end', { status: 'completed' });
    await until(() => rowOf(worker, 'run-1'));
    const head = headFor('run-1', { role: 'user', worker: 'user', attempt: 0 });
    const user = JournalWriter.create(join(dir, 'runs', 'run-1'), `user-${head.writer}.xtj`, head);
    user.append('edit', { run_id: 'run-1', name: 'mine', deleted: true });
    await worker.bell({ run_id: 'run-1', file: user.file });
    expect(rowOf(worker, 'run-1')).toBeUndefined();
    user.append('edit', { run_id: 'run-1', deleted: false });
    await worker.bell({ run_id: 'run-1', file: user.file });
    expect(rowOf(worker, 'run-1')?.name).toBe('mine');
  });

  it('forgets a run whose directory was removed', async () => {
    const dir = tempDir();
    const { worker } = start(dir);
    new Process(dir, 'run-1').log('run_start');
    await until(() => rowOf(worker, 'run-1'));
    rmSync(join(dir, 'runs', 'run-1'), { recursive: true });
    await until(() => !rowOf(worker, 'run-1'));
    await expect(worker.queries['runs.get']({ run_id: 'run-1' })).rejects.toMatchObject({
      data: { code: 'not_found' },
    });
  });

  it('looks at nothing outside its directory', async () => {
    const dir = tempDir();
    const other = tempDir();
    new Process(other, 'run-1').log('run_start');
    mkdirSync(join(dir, 'runs'));
    symlinkSync(join(other, 'runs', 'run-1'), join(dir, 'runs', 'run-1'));
    const { worker } = start(dir);
    for (const run_id of ['run-1', '../x', '', 'a/b'])
      await expect(worker.queries['runs.get']({ run_id })).rejects.toMatchObject({ data: { code: 'not_found' } });
    expect(worker.queries['runs.list']({}).total).toBe(0);
  });

  it('answers queries about live rows, and says where a query is wrong', async () => {
    const dir = tempDir();
    const { worker } = start(dir);
    new Process(dir, 'run-1').log('run_start').log('param', { key: 'lr', value: 0.1 }).metric('loss', 3, 1);
    new Process(dir, 'run-2').log('run_start').log('param', { key: 'lr', value: 0.01 }).metric('loss', 2, 1);
    await until(() => worker.queries['runs.list']({}).total === 2);
    const ids = (filter: string) => worker.queries['runs.list']({ filter }).rows.map(({ run_id }) => run_id);
    expect(ids('params.lr < 0.05')).toEqual(['run-2']);
    expect(ids('metrics.loss > 2.5 and status = running')).toEqual(['run-1']);
    expect(() => ids('status =')).toThrow(expect.objectContaining({ data: expect.objectContaining({ column: 9 }) }));
  });

  it('lists a run as what it is, or not yet', async () => {
    const dir = tempDir();
    new Process(dir, 'run-1', { proc: elsewhere }).log('run_start').log('run_end', { status: 'completed' });
    const { worker } = start(dir);
    const asked = worker.queries['runs.get']({ run_id: 'run-1' });
    expect(worker.queries['runs.list']({}).rows).toEqual([]);
    await asked;
    expect(rowOf(worker, 'run-1')).toMatchObject({ status: 'completed' });
  });

  it('notices when a run that is over is resumed by somebody who does not tell', async () => {
    const dir = tempDir();
    new Process(dir, 'run-1', { proc: elsewhere }).log('run_start').log('run_end', { status: 'failed' });
    const { worker } = start(dir);
    await until(() => rowOf(worker, 'run-1')?.status === 'failed');
    new Process(dir, 'run-1', { proc: elsewhere, attempt: 2 }).log('run_start');
    await until(() => rowOf(worker, 'run-1')?.status === 'running', 3000);
    expect(rowOf(worker, 'run-1')?.attempt).toBe(2);
  });

  it('answers for an endless key as it was logged', async () => {
    const dir = tempDir();
    const key = 'k'.repeat(10_240);
    new Process(dir, 'run-1', { proc: elsewhere }).metric(key, 1, 1);
    const { worker } = start(dir);
    expect(await points(worker, 'run-1', key)).toEqual([1]);
  });

  it('keeps two processes apart that claim the same worker', async () => {
    const dir = tempDir();
    const { worker } = start(dir);
    const one = new Process(dir, 'run-1').log('run_start');
    const two = new Process(dir, 'run-1').log('run_start');
    for (let i = 0; i < 500; i++) {
      one.metric('a', i, i);
      two.metric('b', i, i);
    }
    await worker.bell({ run_id: 'run-1' });
    expect(rowOf(worker, 'run-1')?.metrics).toMatchObject({ a: { count: 500 }, b: { count: 500 } });
  });

  it('knows many runs that are over, whole, without keeping them all in memory', async () => {
    const dir = tempDir();
    const ids = Array.from({ length: 120 }, (_, i) => `run-${i}`);
    for (const id of ids)
      new Process(dir, id).log('run_start').metric('loss', 1, 1).log('run_end', { status: 'completed' });
    const { worker } = start(dir);
    await until(
      () => worker.queries['runs.list']({ filter: 'status = completed and metrics.loss = 1' }).total === ids.length,
    );
    await new Promise((resolve) => setTimeout(resolve, 1200));
    for (const id of ids) expect(await points(worker, id, 'loss')).toEqual([1]);
  });

  it('reads a large backlog in slices, the live run first', async () => {
    const dir = tempDir();
    const old = new Process(dir, 'old', { proc: elsewhere }).log('run_start');
    for (let i = 0; i < 60_000; i++) old.metric('loss', i, i);
    const { worker } = start(dir);
    expect(worker.queries['runs.list']({}).backlog_bytes).toBeGreaterThan(0);
    const live = new Process(dir, 'live').log('run_start').metric('loss', 1, 1);
    await worker.bell({ run_id: 'live', file: live.journal.file });
    expect(worker.queries['runs.list']({}).backlog_bytes).toBeGreaterThan(0);
    expect(rowOf(worker, 'live')?.metrics['loss']?.count).toBe(1);
    await until(() => rowOf(worker, 'old')?.metrics['loss']?.count === 60_000);
    expect(worker.queries['runs.list']({}).backlog_bytes).toBe(0);
  });

  it('lists a backlog at once, reads the live run first and then the newest, and tells how much there is', async () => {
    const dir = tempDir();
    const bytesOf = (id: string): number =>
      readdirSync(join(dir, 'runs', id)).reduce((sum, name) => sum + statSync(join(dir, 'runs', id, name)).size, 0);
    const old = ['old-0', 'old-1', 'old-2', 'old-3', 'old-4', 'old-5'];
    // The oldest of all goes on: it was written to right now.
    [...old, 'goes-on'].forEach((id, age) => {
      const script = new Process(dir, id, { proc: elsewhere }).log('run_start');
      for (let i = 0; i < 20_000; i++) script.metric('loss', i, i);
      const made = Date.now() / 1000 - 1000 * (age + 1);
      if (id !== 'goes-on') {
        script.log('run_end', { status: 'completed' });
        utimesSync(join(dir, 'runs', id, script.journal.file), made, made);
      }
      utimesSync(join(dir, 'runs', id), made, made);
    });
    const first = start(dir);
    // Only what was surveyed counts, and that takes a few slices.
    await until(() => first.worker.queries['runs.list']({}).backlog_bytes > bytesOf('old-5'));
    const live = new Process(dir, 'live').log('run_start').metric('loss', 1, 1);
    await first.worker.bell({ run_id: 'live', file: live.journal.file });
    expect(rowOf(first.worker, 'live')).toMatchObject({ status: 'running', metrics: { loss: { count: 1 } } });
    // A status is told once a run was read to its end.
    const read = (): string[] =>
      first.notices.flatMap((one) => (one.kind === 'status' && one.run_id !== 'live' ? [one.run_id] : []));
    let listed = 0;
    while (read().length <= old.length) {
      const { rows } = first.worker.queries['runs.list']({});
      // What goes on may be read whole before it is first looked at.
      if (read().length === 0) listed = rows.filter(({ run_id }) => run_id !== 'goes-on').length;
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(listed).toBe(7);
    expect(read().filter((id) => id !== 'goes-on')).toEqual(old);
    // In turns with the others it is as far as they are, and does not wait for them.
    expect(read().indexOf('goes-on')).toBeLessThan(4);
    await until(() => first.worker.queries['runs.list']({}).backlog_bytes === 0);
  });
});
