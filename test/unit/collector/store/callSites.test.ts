import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { metricSites } from '../../../../src/collector/projection/metricSites';
import { CallSites, SiteBudget } from '../../../../src/collector/store/callSites';
import { saveDatabaseFile } from '../../../../src/collector/store/databaseFile';
import { emptyDatabase } from '../../../../src/collector/store/databaseSchema';
import { RUN_SCHEMA } from '../../../../src/collector/store/runSchema';
import { RunStore } from '../../../../src/collector/store/runStore';
import { runState, testSql, writer } from './storeFixtures';

let directory: string;
const opened: RunStore[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'xtrack-sites-'));
});

afterEach(() => {
  opened.splice(0).forEach((store) => store.close());
  rmSync(directory, { recursive: true });
});

async function open(): Promise<RunStore> {
  const store = RunStore.open(await testSql(), directory);
  opened.push(store);
  return store;
}

const sitesOf = (store: RunStore) => [...store.contents()].map(({ identity: { key }, sites }) => ({ key, sites }));

it('counts the points of each line, with the first and last event it logged', () => {
  const sites = new CallSites(new SiteBudget());
  for (const seq of [1, 2, 3]) sites.add('train.py:7', seq);
  sites.add('eval.py:9', 4);
  sites.add(undefined, 5);
  sites.add('train.py:7', 6);
  // It comes late: the disk showed the events behind it first.
  sites.add('eval.py:9', 0);
  expect([...sites.values()]).toEqual([
    { at: 'train.py:7', first: 1, last: 6, count: 4 },
    { at: 'eval.py:9', first: 0, last: 4, count: 2 },
  ]);
  expect([...CallSites.parse(sites.json(), new SiteBudget()).values()]).toEqual([...sites.values()]);
});

it('keeps at most fifty lines for each key and writer, and no path that is too long', () => {
  const sites = new CallSites(new SiteBudget());
  sites.add('x'.repeat(100_000), 1);
  for (let seq = 2; seq < 2000; seq++) sites.add(`loop.py:${seq % 200}`, seq);
  const kept = [...sites.values()];
  expect(kept).toHaveLength(50);
  expect(kept.every(({ at, count }) => at.startsWith('loop.py:') && count >= 9)).toBe(true);
});

it('keeps at most 2,000 lines for each writer, over all its keys and also after the database is reopened', async () => {
  const at = (seq: number) => `${'x'.repeat(290)}.py:${seq}`;
  const first = await open();
  for (let seq = 1; seq <= 1500; seq++) first.point(writer('w'), `k${seq}`, 1, 0, null, 1, at(seq), seq);
  first.save(runState('r'), new Map(), () => true);
  const second = await open();
  for (let seq = 1501; seq <= 5000; seq++) second.point(writer('w'), `k${seq}`, 1, 0, null, 1, at(seq), seq);
  second.point(writer('w'), 'k1', 1, 1, null, 2, at(1), 5001);
  second.point(writer('other'), 'k1', 1, 0, null, 1, at(1), 1);
  const all = sitesOf(second);
  expect(all).toHaveLength(5001);
  expect(all.flatMap(({ sites }) => sites ?? [])).toHaveLength(2001);
  expect(all[0]?.sites).toEqual([{ at: at(1), first: 1, last: 5001, count: 2 }]);
  expect(all.at(-1)?.sites).toEqual([{ at: at(1), first: 1, last: 1, count: 1 }]);
  expect(second.points).toBe(5002);
  for (let seq = 1; seq <= 50; seq++) second.point(writer('third'), 'k1', 1, 0, null, 1, `a.py:${seq}`, seq);
  const answered = metricSites(second, {});
  expect(answered).toHaveLength(2000);
  expect(answered[0]).toMatchObject({ key: 'k1', file: 'a.py', line: 1, count: 1 });
});

it('continues counting after the database is saved and reopened', async () => {
  const first = await open();
  first.point(writer('w'), 'loss', 1, 0, null, 1, 'train.py:7', 1);
  first.point(writer('w'), 'acc', 1, 0, null, 1, 'train.py:8', 2);
  first.save(runState('r'), new Map(), () => true);
  const second = await open();
  second.point(writer('w'), 'loss', 1, 1, null, 2, 'train.py:7', 3);
  second.save(runState('r'), new Map(), () => true);
  expect(sitesOf(await open())).toEqual([
    { key: 'loss', sites: [{ at: 'train.py:7', first: 1, last: 3, count: 2 }] },
    { key: 'acc', sites: [{ at: 'train.py:8', first: 2, last: 2, count: 1 }] },
  ]);
});

it('reads a database of the version without call sites, whose points have none', async () => {
  const sql = await testSql();
  const [tables] = RUN_SCHEMA.steps;
  const old = emptyDatabase(sql, { ...RUN_SCHEMA, steps: [tables!] });
  old.run("INSERT INTO piece (id, writer, worker, attempt, key) VALUES (1, 'w', 'worker-0', 1, 'loss')");
  saveDatabaseFile(old, join(directory, 'run.sqlite'), () => true);
  old.close();
  const store = await open();
  expect(store.damage).toBeNull();
  store.point(writer('w'), 'loss', 1, 0, null, 1, 'train.py:7', 1);
  store.point(writer('w'), 'acc', 1, 0, null, 1, 'train.py:8', 2);
  store.save(runState('r'), new Map(), () => true);
  expect(sitesOf(await open())).toEqual([
    { key: 'loss', sites: null },
    { key: 'acc', sites: [{ at: 'train.py:8', first: 2, last: 2, count: 1 }] },
  ]);
});
