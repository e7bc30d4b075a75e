import { spawn, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SqlJsStatic } from 'sql.js';
import { JournalWriter } from '../../../src/collector/journal/journalWriter';
import { thisHost } from '../../../src/collector/processIdentity';
import { loadSql } from '../../../src/collector/store/databaseFile';
import { StoreWorker } from '../../../src/collector/storeWorker';
import type { GoneNotice, WorkerNotice } from '../../../src/collector/workerApi';
import type { Proc } from '../../../src/protocol/events';
import type { Changed, RunRow } from '../../../src/protocol/rows';
import { headFor, Process, tempDir } from '../journal/journalFixture';

let sql: SqlJsStatic;
const workers: StoreWorker[] = [];
const children: ChildProcess[] = [];

beforeAll(async () => {
  sql = await loadSql(join(__dirname, '../../../node_modules/sql.js/dist/sql-wasm.wasm'));
});

afterEach(() => {
  for (const worker of workers.splice(0)) worker.dispose();
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

interface Started {
  worker: StoreWorker;
  notices: WorkerNotice[];
  end(): void;
}

function start(dir: string, options: { readOnly?: boolean; ownsLease?: () => boolean } = {}): Started {
  const notices: WorkerNotice[] = [];
  const worker = new StoreWorker({
    sql,
    dir,
    readOnly: options.readOnly ?? false,
    ownsLease: options.ownsLease ?? (() => true),
    notify: (notice) => notices.push(notice),
  });
  workers.push(worker);
  worker.start();
  const end = () => {
    workers.splice(workers.indexOf(worker), 1);
    worker.shutdown();
  };
  return { worker, notices, end };
}

async function until<T>(what: () => T | undefined | null | false, ms = 8000): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    const found = what();
    if (found) return found;
    if (performance.now() > end) throw new Error(`did not happen within ${ms} ms: ${String(what)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const rowOf = (worker: StoreWorker, runId: string): RunRow | undefined =>
  worker.list({}).rows.find(({ run_id }) => run_id === runId);

const changes = (notices: WorkerNotice[]): Changed[] =>
  notices.flatMap((notice) => (notice.kind === 'changed' ? notice.changes : []));

const points = async (worker: StoreWorker, runId: string, key: string): Promise<number[]> => {
  const { series } = await worker.series({ run_id: runId, keys: [key], x: 'step', points: 1000 });
  return series.flatMap(({ last }) => last as number[]);
};

const procOf = (pid: number): Proc => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return { ...thisHost(), pid, start: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]! };
};

const elsewhere: Proc = { host: 'another-host', boot: 'b', pidns: null, pid: 4711, start: '1' };

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
    expect((await second.worker.get({ run_id: 'run-1' })).warnings).toEqual([]);
  });

  it('makes databases again that were deleted or damaged while it was away', async () => {
    const dir = tempDir();
    const first = start(dir);
    for (const id of ['run-1', 'run-2', 'run-3'])
      new Process(dir, id).log('run_start').metric('loss', 1, 1).log('run_end', { status: 'completed' });
    await until(() => first.worker.list({ filter: 'status = completed' }).total === 3);
    first.end();
    rmSync(join(dir, 'catalog.sqlite'));
    rmSync(join(dir, 'runs', 'run-2', 'run.sqlite'));
    const damaged = join(dir, 'runs', 'run-3', 'run.sqlite');
    const bytes = readFileSync(damaged);
    bytes[bytes.length >> 1] = bytes[bytes.length >> 1]! ^ 0xff;
    writeFileSync(damaged, bytes);
    const second = start(dir);
    await until(() => second.worker.list({ filter: 'metrics.loss = 1' }).total === 3);
    for (const id of ['run-1', 'run-2', 'run-3']) expect(await points(second.worker, id, 'loss')).toEqual([1]);
    expect((await second.worker.get({ run_id: 'run-3' })).warnings).toMatchObject([{ code: 'database_damaged' }]);
    second.end();
    writeFileSync(join(dir, 'catalog.sqlite'), 'rubbish');
    const third = start(dir);
    await until(() => third.worker.list({}).total === 3);
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
    await until(() => files.every(existsSync), 12_000);
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
    await expect(worker.get({ run_id: 'run-1' })).rejects.toMatchObject({ data: { code: 'not_found' } });
  });

  it('looks at nothing outside its directory', async () => {
    const dir = tempDir();
    const other = tempDir();
    new Process(other, 'run-1').log('run_start');
    mkdirSync(join(dir, 'runs'));
    symlinkSync(join(other, 'runs', 'run-1'), join(dir, 'runs', 'run-1'));
    const { worker } = start(dir);
    for (const run_id of ['run-1', '../x', '', 'a/b'])
      await expect(worker.get({ run_id })).rejects.toMatchObject({ data: { code: 'not_found' } });
    expect(worker.list({}).total).toBe(0);
  });

  it('answers queries about live rows, and says where a query is wrong', async () => {
    const dir = tempDir();
    const { worker } = start(dir);
    new Process(dir, 'run-1').log('run_start').log('param', { key: 'lr', value: 0.1 }).metric('loss', 3, 1);
    new Process(dir, 'run-2').log('run_start').log('param', { key: 'lr', value: 0.01 }).metric('loss', 2, 1);
    await until(() => worker.list({}).total === 2);
    const ids = (filter: string) => worker.list({ filter }).rows.map(({ run_id }) => run_id);
    expect(ids('params.lr < 0.05')).toEqual(['run-2']);
    expect(ids('metrics.loss > 2.5 and status = running')).toEqual(['run-1']);
    expect(() => ids('status =')).toThrow(expect.objectContaining({ data: expect.objectContaining({ column: 9 }) }));
  });

  it('lists a run as what it is, or not yet', async () => {
    const dir = tempDir();
    new Process(dir, 'run-1', { proc: elsewhere }).log('run_start').log('run_end', { status: 'completed' });
    const { worker } = start(dir);
    const asked = worker.get({ run_id: 'run-1' });
    expect(worker.list({}).rows).toEqual([]);
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
    await until(() => worker.list({ filter: 'status = completed and metrics.loss = 1' }).total === ids.length, 15_000);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    for (const id of ids) expect(await points(worker, id, 'loss')).toEqual([1]);
  });

  it('reads a large backlog in slices, the live run first', async () => {
    const dir = tempDir();
    const old = new Process(dir, 'old', { proc: elsewhere }).log('run_start');
    for (let i = 0; i < 60_000; i++) old.metric('loss', i, i);
    const { worker } = start(dir);
    expect(worker.list({}).backlog_bytes).toBeGreaterThan(0);
    const live = new Process(dir, 'live').log('run_start').metric('loss', 1, 1);
    const began = performance.now();
    await worker.bell({ run_id: 'live', file: live.journal.file });
    expect(performance.now() - began).toBeLessThan(1000);
    expect(rowOf(worker, 'live')?.metrics['loss']?.count).toBe(1);
    await until(() => rowOf(worker, 'old')?.metrics['loss']?.count === 60_000);
    expect(worker.list({}).backlog_bytes).toBe(0);
  });
});

describe('processes', () => {
  const running = (): ChildProcess => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    children.push(child);
    return child;
  };
  const goneOf = (notices: WorkerNotice[]): GoneNotice | undefined => notices.find((notice) => notice.kind === 'gone');

  it('that are killed make their run failed within two seconds, for good once that was journaled', async () => {
    const dir = tempDir();
    const first = start(dir);
    const child = running();
    new Process(dir, 'run-1', { proc: procOf(child.pid!) }).log('run_start').metric('loss', 1, 1);
    await until(() => rowOf(first.worker, 'run-1')?.status === 'running');
    const info = await first.worker.launchInfo({ run_id: 'run-1' });
    expect(info.processes).toMatchObject([{ worker: 'worker-0', role: 'script', proc: { pid: child.pid } }]);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(goneOf(first.notices)).toBeUndefined();

    child.kill('SIGKILL');
    const killed = performance.now();
    const gone = await until(() => goneOf(first.notices));
    expect(performance.now() - killed).toBeLessThan(2000);
    expect(rowOf(first.worker, 'run-1')).toMatchObject({ status: 'failed' });
    const head = headFor('run-1', { role: 'collector', worker: 'col-h', attempt: gone.attempt });
    const journal = JournalWriter.create(join(dir, 'runs', 'run-1'), `events-col-h-1-${head.writer}.xtj`, head);
    const { run_id, writer, reason } = gone;
    journal.append('run_end', { run_id, status: 'failed', writer, error: { message: reason } });
    await first.worker.bell({ run_id, file: journal.file });
    expect(first.notices.filter(({ kind }) => kind === 'gone')).toHaveLength(1);
    first.end();
    const second = start(dir);
    await until(() => rowOf(second.worker, 'run-1')?.status === 'failed');
    expect(rowOf(second.worker, 'run-1')?.error).toContain(`pid ${child.pid}`);
    expect(rowOf(second.worker, 'run-1')?.ended).not.toBeNull();
  });

  it('that a supervisor watches are left to its word', async () => {
    const dir = tempDir();
    const { worker, notices } = start(dir);
    const [script, watcher] = [running(), running()];
    const supervisor = new Process(dir, 'run-1', { role: 'supervisor', worker: 'sup-h', proc: procOf(watcher.pid!) });
    supervisor
      .log('run_start')
      .log('process', { pid: script.pid!, pgid: script.pid!, proc: { ...procOf(script.pid!) } });
    new Process(dir, 'run-1', { proc: procOf(script.pid!) }).log('run_start');
    await until(() => rowOf(worker, 'run-1')?.workers.length === 1);
    const info = await worker.launchInfo({ run_id: 'run-1' });
    expect(info.processes.map(({ role, pgid }) => [role, pgid])).toEqual([
      ['script', script.pid],
      ['supervisor', null],
    ]);
    script.kill('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 2200));
    expect(goneOf(notices)).toBeUndefined();
    expect(rowOf(worker, 'run-1')?.status).toBe('running');
    supervisor.log('run_end', { status: 'failed', exit: { signal: 'SIGKILL' } });
    await until(() => rowOf(worker, 'run-1')?.status === 'failed');
  });

  it('of another host are lost when they were silent for long, also after a restart, until they go on', async () => {
    const dir = tempDir();
    const process = new Process(dir, 'run-1', { proc: elsewhere }).log('run_start');
    utimesSync(join(dir, 'runs/run-1', process.journal.file), 1_700_000_000, 1_700_000_000);
    for (let i = 0; i < 2; i++) {
      const { worker, end } = start(dir);
      await until(() => rowOf(worker, 'run-1')?.status === 'lost', 4000);
      // Nor does it come back by being looked at.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect(rowOf(worker, 'run-1')?.status).toBe('lost');
      end();
    }
    const { worker } = start(dir);
    await until(() => rowOf(worker, 'run-1')?.status === 'lost', 4000);
    process.metric('loss', 1, 1);
    await until(() => rowOf(worker, 'run-1')?.status === 'running', 3000);
  });

  it('of an earlier boot are gone', async () => {
    const dir = tempDir();
    const proc = { ...thisHost(), boot: 'before', pid: process.pid, start: '1' };
    const { journal } = new Process(dir, 'run-1', { proc }).log('run_start');
    utimesSync(join(dir, 'runs/run-1', journal.file), 1_600_000_000, 1_600_000_000);
    // Written since this machine started: by another one of the same name.
    new Process(dir, 'run-2', { proc }).log('run_start');
    const { notices, worker } = start(dir);
    await until(() => goneOf(notices));
    expect(rowOf(worker, 'run-1')?.status).toBe('failed');
    expect(rowOf(worker, 'run-2')?.status).toBe('running');
    expect(notices.filter(({ kind }) => kind === 'gone')).toHaveLength(1);
  });
});
