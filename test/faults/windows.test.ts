/** Several windows on one folder, while a script logs: one is killed, one is of a newer version than the collector. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { discover } from '../../src/editor/collectors/discover';
import {
  buildCollector,
  cleanUp,
  newPlace,
  RunningCollector,
  temporaryFolder,
  until,
  type Place,
} from '../integration/collector/harness';
import { brokenPromises, farFrom, Trainee } from './trainees';
import { buildWindow, Window } from './windows';

let program: string;
let older: { bundle: string; version: string; build: string };
let newer: typeof older;
beforeAll(async () => {
  const collectorOf = async (version: string, build: string) => {
    return { bundle: await buildCollector(version, build), version, build };
  };
  [program, older, newer] = await Promise.all([
    buildWindow(),
    collectorOf('0.9.9', 'older'),
    collectorOf('0.10.0', 'newer'),
  ]);
});

const windows: Window[] = [];
const trainees: Trainee[] = [];
const pids = new Set<number>();
afterEach(async () => {
  for (const trainee of trainees.splice(0)) await trainee.killAll();
  for (const { shown } of windows) if (shown) pids.add(shown.pid);
  for (const window of windows.splice(0)) await window.kill();
  for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  pids.clear();
});
afterAll(cleanUp);

async function open(place: Place, of: typeof older): Promise<Window> {
  const window = await Window.open(program, place, of);
  windows.push(window);
  return window;
}

async function train(place: Place, run: { worker: string; key: string; kind: 'plain' | 'streaming' }, more = {}) {
  const trainee = Trainee.start(place, join(temporaryFolder(), run.key), { id: 'run', ...run }, more);
  trainees.push(trainee);
  return trainee.started();
}

/** What a window would be told. */
async function collectorOf({ dir, runtime }: Place): Promise<RunningCollector> {
  const found = await discover(dir, { XDG_RUNTIME_DIR: runtime });
  return Object.assign(Object.create(RunningCollector.prototype) as RunningCollector, found);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

it('killing a window leaves the collector it started, the runs and the other window alive', async () => {
  const place = newPlace();
  const first = await open(place, newer);
  const second = await open(place, newer);
  expect(second.shown!.pid).toBe(first.shown!.pid);
  const script = await train(place, { worker: 'worker-0', key: 'a', kind: 'plain' });
  await Promise.all([first, second].map((window) => window.shows(({ points }) => points > 100)));
  await first.kill();
  const { points } = second.shown!;
  await second.shows((shown) => shown.points > points + 1000 && shown.status === 'running');
  expect(second.shown!.pid).toBe(first.shown!.pid);
  const third = await open(place, newer);
  expect(third.shown!.pid).toBe(first.shown!.pid);
  await script.stop();
  await Promise.all([second, third].map((window) => window.shows(({ status }) => status === 'completed')));
  expect(await brokenPromises(await collectorOf(place), 'run', [script.promised])).toEqual([]);
});

it('a newer window replaces an older collector in the middle of a run, and the older window follows', async () => {
  const place = newPlace();
  const before = await open(place, older);
  const { port, token } = await collectorOf(place);
  const near = await train(place, { worker: 'worker-0', key: 'a', kind: 'plain' });
  const elsewhere = temporaryFolder();
  const far = await train(
    place,
    { worker: 'worker-1', key: 'b', kind: 'streaming' },
    { XTRACK_DIR: join(elsewhere, '.xtrack'), ...farFrom({ port, token }) },
  );
  await before.shows(({ points }) => points > 100);
  const { pid } = before.shown!;
  const after = await open(place, newer);
  expect(after.shown).toMatchObject({ version: newer.version });
  await until(() => !isAlive(pid));
  // No turns are taken at it: the older window uses what it finds.
  await before.shows(({ version }) => version === newer.version);
  const { points } = after.shown!;
  await Promise.all([before, after].map((window) => window.shows((shown) => shown.points > points + 1000)));
  expect(before.shown!.pid).toBe(after.shown!.pid);
  const collector = await collectorOf(place);
  await far.pause(collector, 'run');
  await Promise.all([near.stop(), far.stop()]);
  await after.shows(({ status }) => status === 'completed');
  expect(await brokenPromises(collector, 'run', [near.promised, far.promised])).toEqual([]);
  expect((await collector.call('runs.get', { run_id: 'run' })).attempts.length).toBe(1);
});
