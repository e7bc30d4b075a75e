/** Sealing as users meet it: real scripts, the real collector, killed while it works. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCollector, cleanUp, newPlace, RunningCollector, until, type Place } from './harness';

const CALLS = 2000;
const SCRIPT = `
from xtrack import Tracker
import os
with Tracker.start_run(name="sealed") as run:
    for step in range(${CALLS}):
        run.log_metric("loss", (step + 10_000 * run.attempt) / 7, step=step + ${CALLS} * (run.attempt - 1))
`;
const SEAL = ['--seal-after', '0'];

let bundle: string;
beforeAll(async () => {
  bundle = await buildCollector();
});
afterAll(cleanUp);

async function train(place: Place, runId: string): Promise<void> {
  const script = join(dirname(bundle), 'train.py');
  writeFileSync(script, SCRIPT);
  const env = {
    ...process.env,
    XDG_RUNTIME_DIR: place.runtime,
    PYTHONPATH: resolve(__dirname, '../../../src/python'),
    XTRACK_DIR: place.dir,
    XTRACK_RUN_ID: runId,
  };
  const child = spawn('python3', [script], { env, stdio: 'inherit' });
  const code = await new Promise((done) => child.once('exit', done));
  expect(code).toBe(0);
}

const filesOf = ({ dir }: Place, runId: string): string[] => readdirSync(join(dir, 'runs', runId));
const isSealed = (place: Place, runId: string): boolean =>
  existsSync(join(place.dir, 'runs', runId, 'seal.json')) &&
  !filesOf(place, runId).some((name) => name.startsWith('events-'));

async function lossOf(collector: RunningCollector, run_id: string): Promise<unknown[]> {
  const question = { run_id, keys: ['loss'], x: 'step' as const, points: 10 * CALLS };
  return (await collector.call('runs.series', question)).series.flatMap(({ last }) => last);
}

const logged = (attempts: number): number[] =>
  Array.from({ length: attempts * CALLS }, (_, i) => ((i % CALLS) + 10_000 * (1 + Math.floor(i / CALLS))) / 7);

function verify(place: Place, ...more: string[]) {
  const args = [bundle, 'verify', '--dir', place.dir, ...more];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, stdout };
}

describe('sealing', () => {
  it('leaves a run that can be resumed from a terminal as a second attempt', async () => {
    const place = newPlace();
    const collector = await RunningCollector.start(bundle, place, SEAL);
    for (let attempt = 1; attempt <= 3; attempt++) {
      await train(place, 'again');
      await until(() => isSealed(place, 'again'));
      expect(await lossOf(collector, 'again')).toEqual(logged(attempt));
      const { attempts, status, warnings } = await collector.call('runs.get', { run_id: 'again' });
      expect({ attempts: attempts.length, status, warnings }).toEqual({
        attempts: attempt,
        status: 'completed',
        warnings: [],
      });
    }
    expect(verify(place)).toMatchObject({ status: 0, stdout: expect.stringContaining('(sealed)') });
    await collector.signal('SIGTERM');
  });

  it('leaves a run that can be edited, exported, stopped and verified like any other', async () => {
    const place = newPlace();
    await train(place, 'one');
    const collector = await RunningCollector.start(bundle, place, SEAL);
    await until(() => isSealed(place, 'one'));
    const edited = await collector.call('runs.update', {
      run_ids: ['one'],
      name: 'renamed',
      notes: 'n',
      tags: { a: 'b' },
    });
    expect(edited.rows[0]).toMatchObject({ name: 'renamed', tags: { a: 'b' } });
    const csv = join(place.runtime, 'out.csv');
    await collector.call('runs.export', { run_ids: ['one'], format: 'csv', path: csv, wait: true });
    expect(readFileSync(csv, 'utf8').split('\n')).toHaveLength(CALLS + 2);
    const archive = join(place.runtime, 'out.tgz');
    await collector.call('runs.export', { run_ids: ['one'], format: 'archive', path: archive, wait: true });
    const other = newPlace();
    const unpack = `mkdir -p ${join(other.dir, 'runs')} && tar xzf ${archive} -C ${join(other.dir, 'runs')}`;
    expect(spawnSync('sh', ['-c', unpack]).status).toBe(0);
    const elsewhere = await RunningCollector.start(bundle, other, SEAL);
    await until(async () => (await elsewhere.call('runs.list', {})).total === 1);
    expect((await elsewhere.call('runs.get', { run_id: 'one' })).name).toBe('renamed');
    expect(await lossOf(elsewhere, 'one')).toEqual(logged(1));
    const report = JSON.parse(verify(other, '--json').stdout) as object;
    expect(report).toEqual({ run_id: 'one', sealed: true, points: CALLS, events: expect.any(Number), findings: [] });
    await Promise.all([collector.signal('SIGTERM'), elsewhere.signal('SIGTERM')]);
  });

  it.each([
    ['half a frame', (whole: Buffer) => Buffer.concat([whole, whole.subarray(0, 40)])],
    ['zeros', (whole: Buffer) => Buffer.concat([whole, Buffer.alloc(5000)])],
  ])('takes a run whose script was killed while it wrote: %s at the end of its journal', async (_what, tear) => {
    const place = newPlace();
    await train(place, 'torn');
    const events = filesOf(place, 'torn').find((name) => name.startsWith('events-worker'))!;
    const journal = join(place.dir, 'runs', 'torn', events);
    writeFileSync(journal, tear(readFileSync(journal)));
    const collector = await RunningCollector.start(bundle, place, SEAL);
    await until(() => isSealed(place, 'torn'));
    expect(await lossOf(collector, 'torn')).toEqual(logged(1));
    await collector.signal('SIGTERM');
    expect(verify(place)).toMatchObject({ status: 0, stdout: expect.stringContaining('(sealed)') });
  });

  it('is checked by --verify, which lists the damage and its place and exits with 1', async () => {
    const place = newPlace();
    await train(place, 'journal');
    await train(place, 'sealed');
    const collector = await RunningCollector.start(bundle, place, [...SEAL, '--journals', 'keep']);
    await until(async () => (await collector.call('runs.list', { filter: 'status = completed' })).total === 2);
    await collector.signal('SIGTERM');
    expect(verify(place)).toMatchObject({ status: 0, stdout: expect.stringContaining('2 runs, nothing is damaged') });
    const journal = filesOf(place, 'journal').find((name) => name.startsWith('events-worker'))!;
    const path = join(place.dir, 'runs', 'journal', journal);
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1]! ^= 4;
    writeFileSync(path, bytes);
    const found = verify(place);
    expect(found.status).toBe(1);
    expect(found.stdout).toMatch(/DAMAGED +journal/);
    expect(found.stdout).toContain(`error: ${journal}`);
    const again = await RunningCollector.start(bundle, place, SEAL);
    await until(() => isSealed(place, 'sealed'));
    await again.signal('SIGTERM');
    const database = join(place.dir, 'runs', 'sealed', 'run.sqlite');
    const whole = readFileSync(database);
    whole[whole.length >> 1]! ^= 4;
    writeFileSync(database, whole);
    expect(verify(place).stdout).toMatch(
      /DAMAGED +sealed[^]*run.sqlite has a wrong checksum|DAMAGED +sealed[^]*wrong checksum/,
    );
  });

  it('loses nothing when the collector is killed repeatedly in the middle', async () => {
    const place = newPlace();
    const ids = Array.from({ length: 6 }, (_, i) => `run-${i}`);
    await Promise.all(ids.map((id) => train(place, id)));
    for (let round = 0; round < 8; round++) {
      const collector = await RunningCollector.start(bundle, place, SEAL);
      await new Promise((resolve) => setTimeout(resolve, 150 + round * 90));
      await collector.signal('SIGKILL');
    }
    const last = await RunningCollector.start(bundle, place, SEAL);
    await until(() => ids.every((id) => isSealed(place, id)));
    for (const id of ids) expect(await lossOf(last, id)).toEqual(logged(1));
    await last.signal('SIGTERM');
    expect(verify(place).status).toBe(0);
  });
});
