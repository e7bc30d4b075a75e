/** The disk gets full under a training and its collector: both go on, the user is told, and all is there once there is space. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { buildCollector, cleanUp, RunningCollector, temporaryFolder, until } from '../integration/collector/harness';
import { smallDisk, type SmallDisk } from './smallDisk';
import { brokenPromises, Trainee } from './trainees';

let bundle: string;
let disk: SmallDisk;
beforeAll(async () => {
  bundle = await buildCollector();
});
afterEach(() => disk.dispose());
afterAll(cleanUp);

it('a full disk stops neither training nor collector, is reported, and loses no events', async () => {
  const folder = temporaryFolder();
  disk = smallDisk(join(folder, 'disk'), 12);
  const place = { dir: join(folder, 'disk', '.xtrack'), runtime: temporaryFolder() };
  const collector = await RunningCollector.start(bundle, place);
  // What its scripts acknowledge stands on another disk.
  const acks = join(folder, 'acks');
  const run = { id: 'full', worker: 'worker-0', key: 'loss', kind: 'plain' as const };
  const trainee = await Trainee.start(place, acks, run).started();
  const count = async () => (await collector.call('runs.get', { run_id: 'full' })).metrics['loss']?.count ?? 0;
  await until(async () => (await count()) > 100);

  const pids = [collector.child.pid!, trainee.scriptPid];
  disk.fill(pids);
  console.log(`the disk is full: ${disk.kind}`);
  // Training goes on: thousands of calls return while nothing can be written.
  const before = trainee.promised.points;
  await until(() => trainee.promised.points > before + 2000, 30_000);
  // The collector answers, tells that it cannot save, and says what is wrong with a launch.
  await until(async () => (await warnings(collector)).includes('not_saved'), 30_000);
  const launch = { target: { argv: ['true'] }, cwd: folder, env: {} };
  await expect(collector.call('runs.launch', launch)).rejects.toThrow(/disk with .* is full|no space|File too large/i);
  expect(trainee.isOver).toBe(false);

  disk.free(pids);
  const { points } = trainee.promised;
  await until(async () => (await count()) >= points, 30_000);
  await trainee.stop();
  await until(async () => (await collector.call('runs.get', { run_id: 'full' })).status === 'completed');
  expect(await brokenPromises(collector, 'full', [trainee.promised])).toEqual([]);
  // The script's own words, which could not be written either.
  const { lines } = await collector.call('runs.logs', { run_id: 'full', limit: 10_000 });
  expect(lines.filter(({ message }) => message.includes('cannot append to the journal'))).toHaveLength(1);
  // What could not be saved is saved now.
  await collector.signal('SIGTERM');
  const next = await RunningCollector.start(bundle, place);
  expect(await brokenPromises(next, 'full', [trainee.promised])).toEqual([]);
  await next.signal('SIGTERM');
});

it('a collector that starts on a full disk shows the existing runs and says why it cannot save', async () => {
  const folder = temporaryFolder();
  disk = smallDisk(join(folder, 'disk'), 1);
  if (disk.kind !== 'tmpfs') return expect(disk.kind).toBe('limited files');
  const place = { dir: join(folder, 'disk', '.xtrack'), runtime: temporaryFolder() };
  mkdirSync(join(place.dir, 'runs'), { recursive: true });
  disk.fill([]);
  const collector = await RunningCollector.start(bundle, place);
  const { follower } = await collector.call('collector.info', {});
  expect(follower).toMatch(/cannot be written \(ENOSPC\).*only shown/);
  expect((await collector.call('runs.list', {})).rows).toEqual([]);
});

async function warnings(collector: RunningCollector): Promise<string[]> {
  return (await collector.call('runs.get', { run_id: 'full' })).warnings.map(({ code }) => code);
}
