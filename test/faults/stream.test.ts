/** Scripts on other machines, behind a network that delays, cuts in the middle of a frame, refuses, and loses everything. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  buildCollector,
  cleanUp,
  newPlace,
  RunningCollector,
  temporaryFolder,
  until,
} from '../integration/collector/harness';
import { FaultyProxy, type Faults } from './faultyProxy';
import { newDice } from './seeded';
import { brokenPromises, farFrom, Trainee } from './trainees';

const GOOD: Faults = { delayMs: 0, cutOneIn: 0, refuse: false, blackHole: false };

let bundle: string;
beforeAll(async () => {
  bundle = await buildCollector();
});
afterAll(cleanUp);

it('events streamed over a bad network arrive once and in order', async () => {
  const dice = newDice('network');
  const place = newPlace();
  const collector = await RunningCollector.start(bundle, place);
  const proxy = await FaultyProxy.open(collector.port, dice);
  const folder = temporaryFolder();
  const stream = farFrom({ port: proxy.port, token: collector.token });
  const trainees = await Promise.all(
    [0, 1].map((slot) => {
      const home = join(folder, `machine-${slot}`);
      const run = { id: 'far', worker: `worker-${slot}`, key: `s${slot}`, kind: 'streaming' as const };
      return Trainee.start(place, home, run, { ...stream, XTRACK_DIR: join(home, '.xtrack') }).started();
    }),
  );
  const count = async (key: string) => {
    const { rows } = await collector.call('runs.list', {});
    return rows[0]?.metrics[key]?.count ?? 0;
  };
  const weather: Faults[] = [
    { ...GOOD, delayMs: 80 },
    { ...GOOD, delayMs: 10, cutOneIn: 12 },
    { ...GOOD, refuse: true },
    { ...GOOD, cutOneIn: 5 },
    { ...GOOD, blackHole: true },
  ];
  for (const faults of weather) {
    proxy.faults = faults;
    if (faults.refuse) proxy.cutAll();
    await new Promise((done) => setTimeout(done, 2000));
  }
  // Connections that went into the black hole stay there: the scripts have to notice by themselves.
  proxy.faults = GOOD;
  const promised = trainees.map((each) => each.promised);
  await until(async () => {
    const counts = await Promise.all(promised.map(({ key }) => count(key)));
    return counts.every((each, i) => each >= promised[i]!.points);
  }, 30_000);
  await Promise.all(trainees.map((each) => each.stop()));
  await until(async () => (await collector.call('runs.get', { run_id: 'far' })).status === 'completed');
  console.log(`${proxy.connections} connections, ${proxy.cuts} cuts`);
  expect(proxy.cuts).toBeGreaterThan(0);
  const all = trainees.map((each) => each.promised);
  expect(await brokenPromises(collector, 'far', all)).toEqual([]);
  const { warnings } = await collector.call('runs.get', { run_id: 'far' });
  // A cut in the middle of a frame is no damage: it is sent again.
  expect(warnings.filter(({ code }) => code !== 'not_saved')).toEqual([]);
  proxy.close();
});
