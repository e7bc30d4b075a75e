/** Machines that sleep: scripts, their supervisor and the collector are stopped for longer than anything waits, and wake up. */
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import {
  buildCollector,
  cleanUp,
  newPlace,
  RunningCollector,
  temporaryFolder,
  until,
} from '../integration/collector/harness';
import { brokenPromises, farFrom, Trainee } from './trainees';

/** Longer than a script waits for acks, and a server for a request. */
const SLEEP_MS = 12_000;

let bundle: string;
beforeAll(async () => {
  bundle = await buildCollector();
});
const stopped: number[] = [];
afterEach(() => wake(stopped.splice(0)));
afterAll(cleanUp);

function send(pids: readonly number[], signal: 'SIGSTOP' | 'SIGCONT'): void {
  for (const pid of pids) process.kill(pid, signal);
}

function fallAsleep(pids: readonly number[]): void {
  stopped.push(...pids);
  send(pids, 'SIGSTOP');
}

function wake(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      send([pid], 'SIGCONT');
    } catch {
      // It ended as it should.
    }
  }
}

const pass = (ms: number) => new Promise((done) => setTimeout(done, ms));

it('the collector and the scripts continue after either or all of them were suspended', async () => {
  const place = newPlace();
  const collector = await RunningCollector.start(bundle, place);
  const folder = temporaryFolder();
  const far = join(folder, 'far');
  const stream = { XTRACK_DIR: join(far, '.xtrack'), ...farFrom(collector) };
  const trainees = await Promise.all([
    Trainee.start(place, folder, { id: 'run', worker: 'worker-0', key: 'a', kind: 'supervised' }).started(),
    Trainee.start(place, folder, { id: 'run', worker: 'worker-1', key: 'b', kind: 'plain' }).started(),
    Trainee.start(place, far, { id: 'run', worker: 'worker-2', key: 'c', kind: 'streaming' }, stream).started(),
  ]);
  const seen = new Set<string>();
  const look = async () => {
    const { status, warnings } = await collector.call('runs.get', { run_id: 'run' });
    seen.add(status);
    for (const { code } of warnings) seen.add(code);
  };
  const everybody = trainees.flatMap((each) => each.pids);

  // Nobody waits for it: training goes on.
  fallAsleep([collector.child.pid!]);
  const before = trainees.map(({ promised }) => promised.points);
  await pass(SLEEP_MS);
  trainees.forEach(({ promised }, i) => expect(promised.points).toBeGreaterThan(before[i]! + 1000));
  wake([collector.child.pid!]);
  await look();

  fallAsleep(everybody);
  for (let second = 0; second < SLEEP_MS / 1000; second++) {
    await pass(1000);
    await look();
  }
  // The laptop is closed with all of them; they do not wake up at the same moment.
  fallAsleep([collector.child.pid!]);
  await pass(2000);
  wake([collector.child.pid!]);
  await look();
  await pass(500);
  await look();
  wake(everybody);
  const points = trainees.map(({ promised }) => promised.points);
  await until(() => trainees.every(({ promised }, i) => promised.points > points[i]! + 500), 30_000);
  await look();
  expect([...seen]).toEqual(['running']);

  await trainees[2].pause(collector, 'run');
  await Promise.all(trainees.map((each) => each.stop()));
  await until(async () => (await collector.call('runs.get', { run_id: 'run' })).status === 'completed', 20_000);
  const promises = trainees.map(({ promised }) => promised);
  expect(await brokenPromises(collector, 'run', promises)).toEqual([]);
  expect((await collector.call('runs.get', { run_id: 'run' })).attempts.length).toBe(1);
});
