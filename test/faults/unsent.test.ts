/** Scripts on other machines that are killed while the network is away: what they could not send is sent by those that come after. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
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
import { brokenPromises, farFrom, type Kind, Trainee } from './trainees';

const GOOD: Faults = { delayMs: 0, cutOneIn: 0, refuse: false, blackHole: false };

let bundle: string;
beforeAll(async () => {
  bundle = await buildCollector();
});
afterAll(cleanUp);

let home: string;
let collector: RunningCollector;
let proxy: FaultyProxy;
beforeEach(async () => {
  home = temporaryFolder();
  collector = await RunningCollector.start(bundle, newPlace());
  proxy = await FaultyProxy.open(collector.port, newDice('unsent'));
  return () => proxy.close();
});

async function begin(id: string, kind: Kind): Promise<Trainee> {
  const run = { id, worker: 'worker-0', key: id, kind };
  return Trainee.start({ dir: '', runtime: '' }, home, run, {
    XDG_CACHE_HOME: join(home, '.cache'),
    XTRACK_DIR: join(home, '.xtrack'),
    ...farFrom({ port: proxy.port, token: collector.token }),
  }).started();
}

const notes = () => readdirSync(join(home, '.xtrack', 'unsent'));
const arrived = async (id: string) => {
  const { rows } = await collector.call('runs.list', {});
  return rows.find(({ run_id }) => run_id === id)?.metrics[id]?.count ?? 0;
};

/** The network goes away while it logs. */
async function cutOff(trainee: Trainee, id: string): Promise<void> {
  await until(async () => (await arrived(id)) > 0, 30_000);
  proxy.faults = { ...GOOD, refuse: true };
  proxy.cutAll();
  const before = trainee.promised.points;
  await until(() => trainee.promised.points > before + 200, 30_000);
}

it('unsent events of a killed script are sent by the next script that streams from the same machine', async () => {
  const killed = await begin('killed', 'streaming');
  await cutOff(killed, 'killed');
  await killed.killAll();
  expect(await arrived('killed')).toBeLessThan(killed.promised.points);
  expect(notes()).toHaveLength(1);
  const next = await begin('next', 'streaming');
  proxy.faults = GOOD;
  await until(async () => (await arrived('killed')) >= killed.promised.points, 30_000);
  await next.stop();
  await until(async () => (await arrived('next')) >= next.promised.points, 30_000);
  expect(await brokenPromises(collector, 'killed', [killed.promised])).toEqual([]);
  expect(await brokenPromises(collector, 'next', [next.promised])).toEqual([]);
  expect((await collector.call('runs.get', { run_id: 'killed' })).warnings).toEqual([]);
  expect(notes()).toEqual([]);
});

it('unsent events of a script are sent by its supervisor if the network recovers in time', async () => {
  const trainee = await begin('watched', 'supervised');
  await cutOff(trainee, 'watched');
  trainee.killScript();
  await new Promise((done) => setTimeout(done, 500));
  proxy.faults = GOOD;
  await until(() => trainee.isOver, 30_000);
  await until(async () => (await arrived('watched')) >= trainee.promised.points, 30_000);
  expect(await brokenPromises(collector, 'watched', [trainee.promised])).toEqual([]);
  await until(async () => (await collector.call('runs.get', { run_id: 'watched' })).status === 'failed', 30_000);
  expect(notes()).toEqual([]);
});
