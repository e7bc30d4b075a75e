/** Directories that are no plain local ones: nobody may write there, two hosts share one, or what is written shows late. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import {
  buildCollector,
  cleanUp,
  newPlace,
  RunningCollector,
  temporaryFolder,
  until,
  type Place,
} from '../integration/collector/harness';
import { LateDisk } from './lateDisk';
import { readOnly } from './readOnlyDisk';
import { newDice } from './seeded';
import { brokenPromises, Trainee } from './trainees';

let bundle: string;
beforeAll(async () => {
  bundle = await buildCollector();
});
const endings: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});
afterAll(cleanUp);

const RUN = 'run';

async function train(place: Place, key: string, more: NodeJS.ProcessEnv = {}): Promise<Trainee> {
  const run = { id: RUN, worker: 'worker-0', key, kind: 'plain' as const };
  const trainee = Trainee.start(place, temporaryFolder(), run, more);
  endings.push(() => trainee.killAll());
  return trainee.started();
}

const pointsOf = async (collector: RunningCollector, key: string): Promise<number> =>
  (await collector.call('runs.list', {})).rows[0]?.metrics[key]?.count ?? 0;

/** Where the scripts and collectors of a host think that they are. */
const host = (name: string): NodeJS.ProcessEnv => ({
  XTRACK_TEST_HOST: name,
  NODE_OPTIONS: `--require ${join(__dirname, 'clock', 'preload.cjs')}`,
});

it('a read-only directory is shown without any change in it, and a script in it still trains', async () => {
  const place = newPlace();
  const before = await train(place, 'before');
  await before.stop();
  const shown = { dir: '', runtime: temporaryFolder() };
  const disk = readOnly(place.dir, bundle, shown.runtime);
  shown.dir = disk.dir;
  endings.push(() => disk.dispose());
  const names = () => readdirSync(disk.dir, { recursive: true }).sort();
  const had = names();

  const collector = await RunningCollector.start(bundle, shown, [], {}, disk.user);
  expect((await collector.call('collector.info', {})).follower).toMatch(/cannot be written.*only shown/);
  await until(async () => (await pointsOf(collector, 'before')) > 0);
  expect(await brokenPromises(collector, RUN, [before.promised])).toEqual([]);
  const refusal = { data: { code: 'follower', audience: 'user' } };
  await expect(collector.call('runs.update', { run_id: RUN, name: 'x' })).rejects.toMatchObject(refusal);
  await expect(collector.call('runs.delete', { run_id: RUN })).rejects.toMatchObject(refusal);
  const launch = { target: { argv: ['true'] }, cwd: '/', env: {} };
  await expect(collector.call('runs.launch', launch)).rejects.toMatchObject(refusal);

  // To root, which scripts here are then, permissions mean nothing.
  if (disk.user) return;
  const cache = temporaryFolder();
  const script = await train(shown, 'after', { XTRACK_RUN_ID: 'later', XDG_CACHE_HOME: cache });
  await until(() => script.promised.points > 100);
  await script.stop();
  const journal = (readdirSync(cache, { recursive: true }) as string[]).find((name) => /events-.*\.xtj$/.test(name))!;
  expect(statSync(join(cache, journal)).size).toBeGreaterThan(script.promised.points * 50);
  expect(names()).toEqual(had);
  await collector.signal('SIGTERM');
});

it('a second host on the same directory follows: it shows live and sealed runs and writes nothing', async () => {
  const place = newPlace();
  const elsewhere: Place = { dir: place.dir, runtime: temporaryFolder() };
  const startOwner = () => RunningCollector.start(bundle, place, ['--seal-after', '0.3'], host('first-host'));
  let owner = await startOwner();
  const script = await train(place, 'a');
  const follower = await RunningCollector.start(bundle, elsewhere, ['--seal-after', '0.3'], host('second-host'));
  expect((await follower.call('collector.info', {})).follower).toContain('first-host');
  await until(async () => (await pointsOf(follower, 'a')) > 100);
  // Its owner is killed: what is logged goes on to show, and the directory stays the first host's.
  await owner.signal('SIGKILL');
  const { points } = script.promised;
  await until(async () => (await pointsOf(follower, 'a')) > points + 500);
  expect(JSON.parse(readFileSync(join(place.dir, 'lease'), 'utf8'))).toMatchObject({ host: 'first-host' });
  owner = await startOwner();
  expect((await owner.call('collector.info', {})).follower).toBeNull();
  await owner.call('runs.update', { run_id: RUN, name: 'named by the first' });
  await until(async () => (await follower.call('runs.get', { run_id: RUN })).name === 'named by the first');
  const refused = follower.call('runs.update', { run_id: RUN, name: 'x' });
  await expect(refused).rejects.toMatchObject({ data: { code: 'follower' } });

  await script.stop();
  const runDir = join(place.dir, 'runs', RUN);
  await until(() => readdirSync(runDir).includes('seal.json'), 30_000);
  await until(() => !readdirSync(runDir).some((name) => name.startsWith('events-worker')));
  for (const one of [owner, follower]) {
    await until(async () => (await one.call('runs.get', { run_id: RUN })).status === 'completed');
    expect(await brokenPromises(one, RUN, [script.promised])).toEqual([]);
  }
  await Promise.all([owner.signal('SIGTERM'), follower.signal('SIGTERM')]);
});

it('data that appears late, behind stale sizes and zero-filled tails, is read once and in order', async () => {
  const dice = newDice('late disk');
  const place = newPlace();
  const script = await train(place, 'a');
  const view: Place = newPlace();
  const disk = new LateDisk(join(place.dir, 'runs', RUN), join(view.dir, 'runs', RUN), dice);
  disk.step();
  const collector = await RunningCollector.start(bundle, view);
  const timer = setInterval(() => disk.step(), 15);
  endings.push(() => clearInterval(timer));
  await until(async () => (await pointsOf(collector, 'a')) > 3000, 30_000);
  // Also by a collector that starts in the middle of it.
  await collector.signal('SIGKILL');
  const next = await RunningCollector.start(bundle, view);
  const known = await pointsOf(next, 'a');
  await until(async () => (await pointsOf(next, 'a')) > known + 1000, 30_000);
  await script.stop();
  clearInterval(timer);
  disk.arrive();
  await until(async () => (await next.call('runs.get', { run_id: RUN })).status === 'completed');
  expect(await brokenPromises(next, RUN, [script.promised])).toEqual([]);
  expect((await next.call('runs.get', { run_id: RUN })).warnings).toEqual([]);
  console.log(`${disk.zeroTails} ends were zero, ${disk.stale} sizes were old`);
  expect(Math.min(disk.zeroTails, disk.stale)).toBeGreaterThan(10);
});
