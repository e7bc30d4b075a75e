/** Runs that were imported: nothing but a journal of role "import", written by hand here. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ImportJournal } from '../../../../src/collector/journal/importJournal';
import type { NewEvent } from '../../../../src/collector/journal/journalWriter';
import { headFor, Process, tempDir } from '../../../unit/collector/journal/journalFixture';
import { until } from '../harness';
import { elsewhere, points, rowOf, start } from './startedWorkers';

const STARTED_MS = Date.UTC(2020, 0, 1);
const at = (seconds: number): number => (STARTED_MS + seconds * 1000) * 1000;
const ORIGIN = { kind: 'pylon', path: '/old/runs', id: 'exp-7', status: 'outdated' };
/** It ran on this host, and is gone. */
const GONE = { ...elsewhere, host: 'this-host' };

const event = (t: string, seconds: number, p: object = {}): NewEvent => ({
  t,
  ts: at(seconds),
  p: { run_id: 'run-1', ...p },
});

function imported(dir: string): ImportJournal {
  const { role: _role, ...head } = headFor('run-1', { writer: 'pylon7', proc: GONE });
  return ImportJournal.open(join(dir, 'runs', 'run-1'), head);
}

const BEGINNING = [
  event('run_start', 0, { name: 'from elsewhere' }),
  event('metric', 60, { key: 'loss', value: 0.5, step: 1 }),
  event('metric', 120, { key: 'loss', value: 0.25, step: 2 }),
];

it('an imported run has the times of its source, says where it came from, and is sealed once it ended', async () => {
  const dir = tempDir();
  const journal = imported(dir);
  journal.append([...BEGINNING, event('run_end', 3600, { status: 'completed' })], ORIGIN, 4);
  journal.close();
  const { worker, end } = start(dir, { seal: { journals: 'delete', afterMs: 0 } });
  await until(() => rowOf(worker, 'run-1')?.status === 'completed');
  const times = { created: STARTED_MS, started: STARTED_MS, ended: STARTED_MS + 3_600_000 };
  expect(rowOf(worker, 'run-1')).toMatchObject({ name: 'from elsewhere', ...times });
  expect(await worker.queries['runs.get']({ run_id: 'run-1' })).toMatchObject({
    ...times,
    origin: ORIGIN,
    warnings: [],
  });
  const { series } = await worker.queries['runs.series']({ run_id: 'run-1', keys: ['loss'], x: 'wall', points: 10 });
  expect(series[0]!.x).toEqual([STARTED_MS + 60_000, STARTED_MS + 120_000]);
  await until(() => readdirSync(join(dir, 'runs', 'run-1')).every((name) => !name.endsWith('.xtj')));
  end();
  const after = start(dir).worker;
  expect(await after.queries['runs.get']({ run_id: 'run-1' })).toMatchObject({
    ...times,
    origin: ORIGIN,
    warnings: [],
  });
});

it('an imported run is what its source says it is, whatever became of the process that imported it', async () => {
  const dir = tempDir();
  const journal = imported(dir);
  journal.append(BEGINNING, ORIGIN, 3);
  const { worker } = start(dir, { seal: { journals: 'delete', afterMs: 0 } });
  await until(() => rowOf(worker, 'run-1')?.metrics['loss']?.count === 2);
  // Processes are looked at each second.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(rowOf(worker, 'run-1')).toMatchObject({ status: 'running', ended: null });
  journal.append([event('status', 130, { status: 'lost' })], { ...ORIGIN, status: 'stuck' }, 4);
  await until(() => rowOf(worker, 'run-1')?.status === 'lost');
  expect((await worker.queries['runs.get']({ run_id: 'run-1' })).origin).toMatchObject({ status: 'stuck' });
  journal.append([event('status', 140, { status: 'training' })], ORIGIN, 5);
  await until(() => rowOf(worker, 'run-1')?.status === 'running');
  expect(rowOf(worker, 'run-1')?.phase).toBe('training');
  journal.append([event('run_end', 150, { status: 'failed', error: { message: 'out of patience' } })], ORIGIN, 6);
  await until(() => rowOf(worker, 'run-1')?.status === 'failed');
  expect(rowOf(worker, 'run-1')).toMatchObject({ error: 'out of patience', ended: STARTED_MS + 150_000 });
});

it('a later position in the source does not change when the run ended', async () => {
  const dir = tempDir();
  const journal = imported(dir);
  journal.append([...BEGINNING, event('run_end', 3600, { status: 'completed' })], ORIGIN, 4);
  journal.append([], { ...ORIGIN, status: 'read again' }, 5);
  // An importer of an earlier version gave it the time of writing.
  journal.append(
    [{ t: 'import', ts: Date.now() * 1000, p: { run_id: 'run-1', origin: ORIGIN, position: 6 } }],
    ORIGIN,
    6,
  );
  journal.close();
  const { worker } = start(dir);
  await until(() => rowOf(worker, 'run-1')?.status === 'completed');
  expect(rowOf(worker, 'run-1')).toMatchObject({ created: STARTED_MS, ended: STARTED_MS + 3_600_000 });
  const { attempts, origin } = await worker.queries['runs.get']({ run_id: 'run-1' });
  expect(attempts).toMatchObject([{ started: STARTED_MS, ended: STARTED_MS + 3_600_000 }]);
  expect(origin).toEqual(ORIGIN);
});

it('an imported run that goes on elsewhere does not keep the collector alive', async () => {
  const dir = tempDir();
  imported(dir).append(BEGINNING, ORIGIN, 3);
  const { worker, notices } = start(dir);
  await until(() => rowOf(worker, 'run-1')?.status === 'running');
  const active = () => notices.flatMap((notice) => (notice.kind === 'state' ? [notice.active] : [])).at(-1);
  const local = new Process(dir, 'run-2').log('run_start');
  await until(() => active() === 1 && rowOf(worker, 'run-2')?.status === 'running');
  local.log('run_end', { status: 'completed' });
  await until(() => active() === 0);
  expect(rowOf(worker, 'run-1')?.status).toBe('running');
});

it('an old run that was imported today is not old enough to be moved to the trash', async () => {
  const dir = tempDir();
  const journal = imported(dir);
  journal.append([...BEGINNING, event('run_end', 3600, { status: 'completed' })], ORIGIN, 4);
  journal.close();
  const { worker } = start(dir);
  await until(() => rowOf(worker, 'run-1')?.status === 'completed');
  const expired = async (endedBefore: number) =>
    (await worker.expired({ endedBefore, trashedBefore: null, limit: 10 })).runs;
  const now = Date.now();
  expect(await expired(now - 60_000)).toEqual([]);
  expect(await expired(now + 60_000)).toEqual(['run-1']);
});

it('a batch that comes twice counts once', async () => {
  const dir = tempDir();
  const first = imported(dir);
  first.append(BEGINNING.slice(0, 1), ORIGIN, 1);
  first.close();
  // Two processes go on from there, one after the other; the first died before it could say how far it came.
  for (let i = 0; i < 2; i++) {
    const other = imported(dir);
    expect(other.position).toBe(i === 0 ? 1 : 3);
    if (i === 0) other.append(BEGINNING.slice(1), ORIGIN, 3);
    other.close();
  }
  const { worker } = start(dir);
  await until(() => rowOf(worker, 'run-1')?.metrics['loss']?.count === 2);
  expect(await points(worker, 'run-1', 'loss')).toEqual([0.5, 0.25]);
});
