import {
  closeSync,
  cpSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { JournalWriter } from '../../../../src/collector/journal/journalWriter';
import { thisProcess } from '../../../../src/collector/files/processIdentity';
import { verifyRun } from '../../../../src/collector/projection/verify';
import { SEAL_STEPS, type SealStep } from '../../../../src/collector/projection/sealing';
import { headFor, Process, tempDir } from '../../../unit/collector/journal/journalFixture';
import { until } from '../harness';
import { elsewhere, points, rowOf, sqlOfTests, start, type Started } from './startedWorkers';

const NOW = { journals: 'delete', afterMs: 0 } as const;

function train(dir: string, runId: string, options: ConstructorParameters<typeof Process>[2] = {}): Process {
  return new Process(dir, runId, { proc: elsewhere, ...options })
    .log('run_start', { name: 'first' })
    .log('param', { key: 'lr', value: 0.1 })
    .metric('loss', 0.5, 1)
    .metric('loss', 0.25, 2)
    .log('log', { level: 'info', msg: 'hello' })
    .log('checkpoint', { path: 'a.pt', step: 2 })
    .log('run_end', { status: 'completed' });
}

const filesOf = (dir: string, runId: string): string[] => readdirSync(join(dir, 'runs', runId)).sort();
const isSealed = (dir: string, runId: string): boolean =>
  filesOf(dir, runId).includes('seal.json') && !filesOf(dir, runId).some((name) => /^events-.*xtj$/.test(name));

async function contents({ worker }: Started, run_id: string): Promise<unknown> {
  const { rev: _rev, ...detail } = await worker.queries['runs.get']({ run_id });
  const { series } = await worker.queries['runs.series']({ run_id, keys: ['loss'], x: 'step', points: 100 });
  return {
    detail,
    series: series.map((one) => ({ ...one, rev: 0 })),
    logs: await worker.queries['runs.logs']({ run_id }),
    events: await worker.queries['runs.events']({ run_id }),
  };
}

describe('a run that is over', () => {
  it('is sealed, and everything of it is there as before, also when the catalog is gone', async () => {
    const dir = tempDir();
    train(dir, 'run-1');
    train(dir, 'run-1', { worker: 'worker-1' });
    const plain = start(dir);
    await until(() => rowOf(plain.worker, 'run-1')?.status === 'completed');
    const before = await contents(plain, 'run-1');
    plain.end();
    const first = start(dir, { seal: NOW });
    await until(() => isSealed(dir, 'run-1'));
    expect(filesOf(dir, 'run-1')).toEqual(['run.sqlite', 'seal.json']);
    expect(await contents(first, 'run-1')).toEqual(before);
    first.end();
    rmSync(join(dir, 'catalog.sqlite'));
    const second = start(dir, { seal: NOW });
    await until(() => rowOf(second.worker, 'run-1')?.metrics['loss']?.count === 4);
    expect(await contents(second, 'run-1')).toEqual(before);
    expect(await verifyRun(sqlOfTests(), { runId: 'run-1', dir: join(dir, 'runs', 'run-1') })).toMatchObject({
      sealed: true,
      points: 4,
      findings: [],
    });
  });

  it('is not sealed while one of its processes may go on, before it was quiet, or as a follower', async () => {
    const dir = tempDir();
    train(dir, 'quiet');
    new Process(dir, 'goes-on', { proc: elsewhere }).log('run_start').metric('loss', 1, 1);
    train(dir, 'two-writers');
    new Process(dir, 'two-writers', { proc: elsewhere, worker: 'worker-1' }).log('run_start');
    const patient = start(dir, { seal: { journals: 'delete', afterMs: 3_600_000 } });
    await until(() => rowOf(patient.worker, 'quiet')?.status === 'completed');
    await new Promise((resolve) => setTimeout(resolve, 700));
    patient.end();
    const follower = start(dir, { readOnly: true, seal: NOW });
    await until(() => rowOf(follower.worker, 'quiet')?.status === 'completed');
    await new Promise((resolve) => setTimeout(resolve, 700));
    follower.end();
    const owner = start(dir, { seal: { journals: 'keep', afterMs: 0 } });
    await until(() => rowOf(owner.worker, 'quiet')?.status === 'completed');
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(isSealed(dir, 'quiet')).toBe(false);
    owner.worker.configure({ journals: 'delete' });
    await until(() => isSealed(dir, 'quiet'));
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(filesOf(dir, 'goes-on').some((name) => name.startsWith('events-'))).toBe(true);
    expect(filesOf(dir, 'two-writers').some((name) => name.startsWith('events-'))).toBe(true);
  });

  it('still says which line logged which metric, and what that line was', async () => {
    const dir = tempDir();
    const source = { entrypoint: '/work/train.py', cwd: '/work', code_hash: 'abc' };
    const metric = (key: string, at: string) => ({ t: 'metric', p: { run_id: 'run-1', key, value: 1 }, at });
    for (const worker of ['worker-0', 'worker-1']) {
      const process = new Process(dir, 'run-1', { proc: elsewhere, worker }).log('run_start', { source });
      process.journal.appendAll([
        metric('loss', 'train.py:7'),
        metric('loss', 'train.py:7'),
        metric('loss', '/lib/engine.py:90'),
        { t: 'metric_batch', p: { run_id: 'run-1', metrics: { acc: 1, loss: 2 } }, at: 'train.py:12' },
        { t: 'metric', p: { run_id: 'run-1', key: 'quiet', value: 1 } },
      ]);
      process.log('run_end', { status: 'completed' });
    }
    const sites = [
      { key: 'acc', file: 'train.py', line: 12, count: 2, code_hash: 'abc' },
      { key: 'loss', file: '/lib/engine.py', line: 90, count: 2, code_hash: null },
      { key: 'loss', file: 'train.py', line: 7, count: 4, code_hash: 'abc' },
      { key: 'loss', file: 'train.py', line: 12, count: 2, code_hash: 'abc' },
    ];
    const first = start(dir, { seal: NOW });
    await until(() => isSealed(dir, 'run-1'));
    expect((await first.worker.queries['runs.get']({ run_id: 'run-1' })).sites).toEqual(sites);
    first.end();
    const second = start(dir);
    expect((await second.worker.queries['runs.get']({ run_id: 'run-1' })).sites).toEqual(sites);
    const report = await verifyRun(sqlOfTests(), { runId: 'run-1', dir: join(dir, 'runs', 'run-1') });
    expect(report.findings).toEqual([]);
  });

  it('keeps edits in their journal, and its sealed database as it is', async () => {
    const dir = tempDir();
    train(dir, 'run-1');
    const first = start(dir, { seal: NOW });
    await until(() => isSealed(dir, 'run-1'));
    const database = join(dir, 'runs', 'run-1', 'run.sqlite');
    const sealed = readFileSync(database);
    const head = headFor('run-1', { role: 'user', worker: 'user', attempt: 0 });
    const user = JournalWriter.create(join(dir, 'runs', 'run-1'), `user-${head.writer}.xtj`, head);
    user.append('edit', { run_id: 'run-1', name: 'mine', notes: 'better' });
    await first.worker.bell({ run_id: 'run-1', file: user.file });
    expect(rowOf(first.worker, 'run-1')?.name).toBe('mine');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    first.end();
    expect(readFileSync(database).equals(sealed)).toBe(true);
    rmSync(join(dir, 'catalog.sqlite'));
    const second = start(dir, { seal: NOW });
    await until(() => rowOf(second.worker, 'run-1')?.name === 'mine');
    expect(await second.worker.queries['runs.get']({ run_id: 'run-1' })).toMatchObject({
      notes: 'better',
      warnings: [],
    });
  });

  it('goes on when it is resumed, from what was sealed, even when its newer database is lost; and is sealed again', async () => {
    const dir = tempDir();
    train(dir, 'run-1');
    const first = start(dir, { seal: NOW });
    await until(() => isSealed(dir, 'run-1'));
    const resumed = new Process(dir, 'run-1', { proc: elsewhere, attempt: 2 }).log('run_start').metric('loss', 0.1, 2);
    await until(() => rowOf(first.worker, 'run-1')?.status === 'running');
    expect(await points(first.worker, 'run-1', 'loss')).toEqual([0.5, 0.1]);
    await first.worker.flush();
    first.end();
    expect(filesOf(dir, 'run-1')).toContain('sealed.sqlite');
    rmSync(join(dir, 'runs', 'run-1', 'run.sqlite'));
    const second = start(dir, { seal: NOW });
    expect(await points(second.worker, 'run-1', 'loss')).toEqual([0.5, 0.1]);
    resumed.metric('loss', 0.05, 3).log('run_end', { status: 'completed' });
    await until(() => isSealed(dir, 'run-1'));
    expect(filesOf(dir, 'run-1')).toEqual(['run.sqlite', 'seal.json']);
    expect(await points(second.worker, 'run-1', 'loss')).toEqual([0.5, 0.1, 0.05]);
    expect((await second.worker.queries['runs.get']({ run_id: 'run-1' })).attempts).toHaveLength(2);
    second.end();
    const third = start(dir);
    expect(await points(third.worker, 'run-1', 'loss')).toEqual([0.5, 0.1, 0.05]);
  });

  it('loses nothing that a writer appends after it was sealed', async () => {
    const dir = tempDir();
    const script = train(dir, 'run-1');
    const path = join(dir, 'runs', 'run-1', script.journal.file);
    const bytes = readFileSync(path);
    const { worker } = start(dir, { seal: NOW });
    await until(() => isSealed(dir, 'run-1'));
    // As our client does where its journal is gone: the whole file again, and what came since.
    writeFileSync(path, bytes);
    script.log('log', { level: 'info', msg: 'late' });
    const late = JournalWriter.openAppend(join(dir, 'runs', 'run-1'), script.journal.file, script.head);
    late.append('log', { run_id: 'run-1', level: 'info', msg: 'late' });
    late.append('metric', { run_id: 'run-1', key: 'loss', value: 0.125, step: 3 });
    await until(() => rowOf(worker, 'run-1')?.metrics['loss']?.count === 3);
    await until(() => isSealed(dir, 'run-1'));
    expect(await points(worker, 'run-1', 'loss')).toEqual([0.5, 0.25, 0.125]);
    expect((await worker.queries['runs.logs']({ run_id: 'run-1' })).lines.map(({ message }) => message)).toEqual([
      'hello',
      'late',
    ]);
  });

  it('is the same in another place', async () => {
    const [dir, other] = [tempDir(), tempDir()];
    train(dir, 'run-1');
    const here = start(dir, { seal: NOW });
    await until(() => isSealed(dir, 'run-1'));
    const before = await contents(here, 'run-1');
    cpSync(join(dir, 'runs', 'run-1'), join(other, 'runs', 'run-1'), { recursive: true });
    const there = start(other);
    await until(() => rowOf(there.worker, 'run-1'));
    expect(await contents(there, 'run-1')).toEqual(before);
  });

  it('says so when its sealed database is damaged or gone, keeps its row, and is back when the file is', async () => {
    const dir = tempDir();
    train(dir, 'run-1');
    train(dir, 'run-2');
    const first = start(dir, { seal: NOW });
    await until(() => isSealed(dir, 'run-1') && isSealed(dir, 'run-2'));
    first.end();
    const files = ['run-1', 'run-2'].map((id) => join(dir, 'runs', id, 'run.sqlite'));
    const whole = files.map((file) => readFileSync(file));
    const bad = Uint8Array.from(whole[0]!);
    bad[bad.length >> 1]! ^= 0xff;
    writeFileSync(files[0]!, bad);
    rmSync(files[1]!);
    const second = start(dir, { seal: NOW });
    for (const run_id of ['run-1', 'run-2']) {
      await expect(second.worker.queries['runs.get']({ run_id })).rejects.toMatchObject({ data: { code: 'io' } });
      await expect(
        second.worker.queries['runs.series']({ run_id, keys: ['loss'], x: 'step', points: 9 }),
      ).rejects.toThrow('backup');
      await until(() => rowOf(second.worker, run_id)?.error?.includes('backup'));
      expect(rowOf(second.worker, run_id)?.metrics['loss']?.count).toBe(2);
    }
    await second.worker.rebuild();
    expect(readFileSync(files[0]!).equals(bad)).toBe(true);
    await until(() => rowOf(second.worker, 'run-1')?.status === 'failed');
    const report = await verifyRun(sqlOfTests(), { runId: 'run-1', dir: join(dir, 'runs', 'run-1') });
    expect(report.findings).toContainEqual(expect.objectContaining({ level: 'error', file: 'run.sqlite' }));
    second.end();
    files.forEach((file, i) => writeFileSync(file, whole[i]!));
    const third = start(dir, { seal: NOW });
    for (const id of ['run-1', 'run-2']) {
      await until(() => rowOf(third.worker, id)?.error === null);
      expect(await points(third.worker, id, 'loss')).toEqual([0.5, 0.25]);
    }
  });

  it('survives a rebuild of all databases', async () => {
    const dir = tempDir();
    train(dir, 'run-1');
    new Process(dir, 'run-2', { proc: elsewhere }).log('run_start').metric('loss', 1, 1);
    const started = start(dir, { seal: NOW });
    await until(() => isSealed(dir, 'run-1') && rowOf(started.worker, 'run-2'));
    const before = await contents(started, 'run-1');
    expect(await started.worker.rebuild()).toEqual({ runs: 2 });
    expect(await contents(started, 'run-1')).toEqual(before);
  });

  it('comes back from packed journals when its database is lost', async () => {
    const dir = tempDir();
    train(dir, 'run-1');
    const first = start(dir, { seal: { journals: 'gzip', afterMs: 0 } });
    await until(() => isSealed(dir, 'run-1'));
    new Process(dir, 'run-1', { proc: elsewhere, attempt: 2 })
      .log('run_start')
      .metric('loss', 0.1, 3)
      .log('run_end', { status: 'completed' });
    await until(() => rowOf(first.worker, 'run-1')?.attempt === 2 && isSealed(dir, 'run-1'));
    expect(filesOf(dir, 'run-1').filter((name) => name.endsWith('.xtj.gz'))).toHaveLength(2);
    first.end();
    rmSync(join(dir, 'runs', 'run-1', 'run.sqlite'));
    const second = start(dir);
    // It answers that the run is being made again where that takes long.
    const restored = await until(() => points(second.worker, 'run-1', 'loss').catch(() => null));
    expect(restored).toEqual([0.5, 0.25, 0.1]);
    const { warnings } = await second.worker.queries['runs.get']({ run_id: 'run-1' });
    expect(warnings).toMatchObject([{ code: 'database_damaged' }]);
  });

  it('says so when its packed journals are damaged as well, and everything else goes on', async () => {
    const dir = tempDir();
    train(dir, 'run-1');
    train(dir, 'run-2');
    const first = start(dir, { seal: { journals: 'gzip', afterMs: 0 } });
    await until(() => isSealed(dir, 'run-1') && isSealed(dir, 'run-2'));
    first.end();
    const packed = join(
      dir,
      'runs',
      'run-1',
      filesOf(dir, 'run-1').find((name) => name.endsWith('.gz'))!,
    );
    const torn = readFileSync(packed).subarray(0, -20);
    writeFileSync(packed, torn);
    rmSync(join(dir, 'runs', 'run-1', 'run.sqlite'));
    const second = start(dir);
    await expect(second.worker.queries['runs.get']({ run_id: 'run-1' })).rejects.toThrow('backup');
    const told = () => second.notices.filter(({ kind }) => kind === 'warning');
    expect(told()).toMatchObject([{ message: expect.stringContaining('could not be unpacked') }]);
    expect(await points(second.worker, 'run-2', 'loss')).toEqual([0.5, 0.25]);
    await expect(second.worker.queries['runs.get']({ run_id: 'run-1' })).rejects.toThrow('backup');
    expect(told()).toHaveLength(1);
    expect(readFileSync(packed).equals(torn)).toBe(true);
  });

  const flipped = (bytes: Buffer) => {
    const copy = Buffer.from(bytes);
    copy[copy.length >> 1]! ^= 0xff;
    return copy;
  };
  const HARMS: [string, (file: string) => void][] = [
    ['deleted', (file) => rmSync(file)],
    ['truncated', (file) => writeFileSync(file, readFileSync(file).subarray(0, 50))],
    ['flipped', (file) => writeFileSync(file, flipped(readFileSync(file)))],
  ];

  const sealedAnd = async (harm: (file: string) => void) => {
    const dir = tempDir();
    train(dir, 'run-1');
    const first = start(dir, { seal: NOW });
    await until(() => isSealed(dir, 'run-1'));
    first.end();
    const run = { runId: 'run-1', dir: join(dir, 'runs', 'run-1') };
    harm(join(run.dir, 'seal.json'));
    return { dir, run };
  };

  it.each(HARMS)('whose seal is %s is shown, edited, resumed and verified as what it is', async (_how, harm) => {
    const { dir, run } = await sealedAnd(harm);
    const report = await verifyRun(sqlOfTests(), run);
    expect(report).toMatchObject({ sealed: true, points: 2 });
    expect(report.findings).toMatchObject([{ level: 'error', file: 'seal.json' }]);
    const second = start(dir, { seal: NOW });
    expect(await second.worker.rebuild()).toEqual({ runs: 1 });
    expect(await points(second.worker, 'run-1', 'loss')).toEqual([0.5, 0.25]);
    new Process(dir, 'run-1', { proc: elsewhere, attempt: 2 }).log('run_start').metric('loss', 0.1, 3);
    await until(() => rowOf(second.worker, 'run-1')?.status === 'running');
    await second.worker.flush();
    second.end();
    expect(filesOf(dir, 'run-1')).toContain('sealed.sqlite');
    rmSync(join(run.dir, 'run.sqlite'));
    const third = start(dir, { seal: NOW });
    expect(await points(third.worker, 'run-1', 'loss')).toEqual([0.5, 0.25, 0.1]);
  });

  it.each(HARMS)('whose seal is %s and whose database is damaged is never overwritten', async (_how, harm) => {
    const { dir, run } = await sealedAnd(harm);
    const bad = flipped(readFileSync(join(run.dir, 'run.sqlite')));
    writeFileSync(join(run.dir, 'run.sqlite'), bad);
    const second = start(dir, { seal: NOW });
    await expect(second.worker.queries['runs.get']({ run_id: 'run-1' })).rejects.toThrow('backup');
    await second.worker.rebuild();
    await second.worker.flush();
    second.end();
    expect(readFileSync(join(run.dir, 'run.sqlite')).equals(bad)).toBe(true);
    const report = await verifyRun(sqlOfTests(), run);
    expect(report.sealed).toBe(true);
    const { level, message } = report.findings.find(({ file }) => file === 'run.sqlite')!;
    expect([level, message]).toEqual(['error', expect.not.stringContaining('rebuilt')]);
  });

  it.each(HARMS)('comes back from packed journals when its seal is %s and its database damaged', async (_how, harm) => {
    const dir = tempDir();
    train(dir, 'run-1');
    train(dir, 'run-1', { worker: 'worker-1' });
    const first = start(dir, { seal: { journals: 'gzip', afterMs: 0 } });
    await until(() => isSealed(dir, 'run-1'));
    first.end();
    const file = join(dir, 'runs', 'run-1', 'run.sqlite');
    harm(join(dir, 'runs', 'run-1', 'seal.json'));
    const bad = flipped(readFileSync(file));
    writeFileSync(file, bad);
    const second = start(dir);
    expect(await points(second.worker, 'run-1', 'loss')).toEqual([0.5, 0.25, 0.5, 0.25]);
    const { warnings } = await second.worker.queries['runs.get']({ run_id: 'run-1' });
    expect(warnings).toMatchObject([{ code: 'database_damaged', message: expect.stringContaining('packed') }]);
    expect(readFileSync(`${file}.damaged`).equals(bad)).toBe(true);
  });

  it('keeps a journal that has a damaged part', async () => {
    const dir = tempDir();
    const script = train(dir, 'run-1');
    train(dir, 'run-1', { worker: 'worker-1' });
    const path = join(dir, 'runs', 'run-1', script.journal.file);
    const bytes = readFileSync(path);
    bytes[bytes.indexOf('lr')]! ^= 1;
    writeFileSync(path, bytes);
    const files = [script.journal.file, 'run.sqlite', 'seal.json'];
    for (let starts = 0; starts < 2; starts++) {
      const { worker, notices, end } = start(dir, { seal: NOW });
      await until(() => filesOf(dir, 'run-1').length === files.length);
      const sealed = readFileSync(join(dir, 'runs', 'run-1', 'run.sqlite'));
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const { warnings } = await worker.queries['runs.get']({ run_id: 'run-1' });
      expect(warnings).toMatchObject([{ code: 'bad_frame', file: script.journal.file, count: 1 }, { code: 'gap' }]);
      expect(rowOf(worker, 'run-1')?.metrics['loss']?.count).toBe(4);
      end();
      expect(filesOf(dir, 'run-1')).toEqual(files);
      expect(readFileSync(join(dir, 'runs', 'run-1', 'run.sqlite')).equals(sealed)).toBe(true);
      expect(notices.filter(({ kind }) => kind === 'warning')).toEqual([]);
    }
    const report = await verifyRun(sqlOfTests(), { runId: 'run-1', dir: join(dir, 'runs', 'run-1') });
    expect(report).toMatchObject({
      sealed: true,
      findings: [{ level: 'error', file: script.journal.file }, { level: 'note' }],
    });
  });

  it('keeps a journal that has a damaged part, also where so much else was wrong that no warning says so', async () => {
    const dir = tempDir();
    const notes = new Process(dir, 'run-1', { proc: elsewhere, worker: 'collector', role: 'collector' });
    for (let i = 0; i < 200; i++) notes.log('note', { code: `code-${i}`, message: 'wrong' });
    // Read by one that does not seal, and again from what it saved.
    const first = start(dir);
    const detail = () => first.worker.queries['runs.get']({ run_id: 'run-1' });
    await until(async () => (await detail()).warnings.length === 200);
    const other = tempDir();
    const script = train(other, 'run-1');
    const bytes = readFileSync(join(other, 'runs', 'run-1', script.journal.file));
    bytes[bytes.indexOf('lr')]! ^= 1;
    writeFileSync(join(dir, 'runs', 'run-1', script.journal.file), bytes);
    const verified = async () =>
      (await verifyRun(sqlOfTests(), { runId: 'run-1', dir: join(dir, 'runs', 'run-1') })).findings;
    const damage = expect.objectContaining({ level: 'error', file: script.journal.file });
    expect(await verified()).toContainEqual(damage);
    await until(() => rowOf(first.worker, 'run-1')?.status === 'completed');
    const { warnings } = await detail();
    expect([warnings.length, warnings.some(({ code }) => code === 'bad_frame')]).toEqual([200, false]);
    first.end();
    start(dir, { seal: NOW });
    await until(() => !existsSync(join(dir, 'runs', 'run-1', notes.journal.file)));
    expect(filesOf(dir, 'run-1')).toEqual([script.journal.file, 'run.sqlite', 'seal.json']);
    expect(await verified()).toContainEqual(damage);
  });

  const endOf = (bytes: Buffer) => {
    const at = bytes.lastIndexOf('\0\0\0');
    return { at, length: bytes.length - at };
  };

  it('whose last event has a damaged length says so, keeps that journal, and is damaged to verify', async () => {
    const dir = tempDir();
    const script = train(dir, 'run-1').metric('loss', 0.125, 3);
    train(dir, 'run-1', { worker: 'worker-1' });
    const path = join(dir, 'runs', 'run-1', script.journal.file);
    const bytes = readFileSync(path);
    const { at, length } = endOf(bytes);
    bytes[at + 1]! ^= 1;
    writeFileSync(path, bytes);
    const says = `The last event of a journal, ${length} bytes, cannot be read: its length field is damaged.`;
    const run = { runId: 'run-1', dir: join(dir, 'runs', 'run-1') };
    const error = { level: 'error', file: script.journal.file, message: `${says} at ${at}` };
    expect((await verifyRun(sqlOfTests(), run)).findings).toContainEqual(error);
    const { worker } = start(dir, { seal: NOW });
    await until(() => filesOf(dir, 'run-1').includes('seal.json') && filesOf(dir, 'run-1').length === 3);
    expect(filesOf(dir, 'run-1')).toEqual([script.journal.file, 'run.sqlite', 'seal.json']);
    const { warnings } = await worker.queries['runs.get']({ run_id: 'run-1' });
    expect(warnings).toEqual([{ code: 'torn_length', message: says, file: script.journal.file, offset: at, count: 1 }]);
    expect((await verifyRun(sqlOfTests(), run)).findings).toContainEqual(error);
  });

  it.each(['half an event', 'zeros'])('whose killed process left %s says so, and is sealed', async (what) => {
    const dir = tempDir();
    const gone = { ...thisProcess(), pid: 2 ** 22 - 1, start: '1' };
    const script = train(dir, 'run-1', { proc: gone });
    const path = join(dir, 'runs', 'run-1', script.journal.file);
    const bytes = readFileSync(path);
    writeFileSync(path, Buffer.concat([bytes, what === 'zeros' ? Buffer.alloc(77) : bytes.subarray(0, 77)]));
    const plain = start(dir);
    const warning = { code: 'torn_end', file: script.journal.file, offset: bytes.length, count: 1 };
    await until(() => rowOf(plain.worker, 'run-1')?.status === 'completed');
    const warned = async () => (await plain.worker.queries['runs.get']({ run_id: 'run-1' })).warnings;
    while ((await warned()).length === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await warned()).toMatchObject([{ ...warning, message: expect.stringContaining('ends in') }]);
    plain.end();
    const note = { level: 'note', file: script.journal.file, message: expect.stringContaining(`at ${bytes.length}`) };
    const report = await verifyRun(sqlOfTests(), { runId: 'run-1', dir: join(dir, 'runs', 'run-1') });
    expect(report.findings).toEqual([note]);
    const { worker } = start(dir, { seal: NOW });
    await until(() => isSealed(dir, 'run-1'));
    expect((await worker.queries['runs.get']({ run_id: 'run-1' })).warnings).toMatchObject([warning]);
  });

  it('elsewhere, whose last data has not come to this disk yet, is not sealed before it has', async () => {
    const dir = tempDir();
    const script = train(dir, 'run-1').metric('loss', 0.125, 3);
    const path = join(dir, 'runs', 'run-1', script.journal.file);
    const whole = readFileSync(path);
    const { at } = endOf(whole);
    writeFileSync(path, Buffer.concat([whole.subarray(0, at), Buffer.alloc(whole.length - at)]));
    const { mtime } = statSync(path);
    const { worker } = start(dir, { seal: NOW });
    await until(() => rowOf(worker, 'run-1')?.metrics['loss']?.count === 2);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(filesOf(dir, 'run-1')).toContain(script.journal.file);
    expect((await worker.queries['runs.get']({ run_id: 'run-1' })).warnings).toEqual([]);
    // Sizes and times are those of before: nothing tells.
    const disk = openSync(path, 'r+');
    writeSync(disk, whole, at, whole.length - at, at);
    closeSync(disk);
    utimesSync(path, mtime, mtime);
    await until(() => isSealed(dir, 'run-1'));
    expect(await points(worker, 'run-1', 'loss')).toEqual([0.5, 0.25, 0.125]);
    // What was logged after the end is told, as ever.
    expect((await worker.queries['runs.get']({ run_id: 'run-1' })).warnings).toMatchObject([{ code: 'after_end' }]);
  });

  it.each(SEAL_STEPS)('loses nothing when the collector dies when it has %s', async (last: SealStep) => {
    const dir = tempDir();
    train(dir, 'run-1');
    train(dir, 'run-1', { worker: 'worker-1' });
    for (const journals of ['delete', 'gzip'] as const) {
      let died = false;
      const reached = (step: SealStep): void => {
        if (step !== last) return;
        died = true;
        throw new Error('dies here');
      };
      const dying = start(dir, { seal: { journals, afterMs: 0, reached } });
      await until(() => died);
      // Killed: it saves nothing more.
      dying.worker.dispose();
      const next = start(dir, { seal: { journals, afterMs: 0 } });
      await until(() => isSealed(dir, 'run-1'));
      expect(await points(next.worker, 'run-1', 'loss')).toEqual([0.5, 0.25, 0.5, 0.25]);
      const { warnings, checkpoints } = await next.worker.queries['runs.get']({ run_id: 'run-1' });
      expect([warnings, checkpoints.length]).toEqual([[], 2]);
      next.end();
      const report = await verifyRun(sqlOfTests(), { runId: 'run-1', dir: join(dir, 'runs', 'run-1') });
      expect(report).toMatchObject({ sealed: true, points: 4, findings: [] });
      if (journals === 'delete')
        new Process(dir, 'run-1', { proc: elsewhere, attempt: 2, worker: 'x' })
          .log('run_start')
          .log('run_end', { status: 'completed' });
    }
  });
});
