import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RunStore } from '../../../../src/collector/store/runStore';
import { mulberry32, runState, testSql, writer } from './storeFixtures';

const POINTS = 1_000_000;
const SPIKE = 654_321;

it('shows one spike among a million points, and prints how long that took', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'xtrack-long-'));
  const random = mulberry32(1);
  const times: Record<string, string> = {};
  const timed = <T>(name: string, work: () => T): T => {
    const start = performance.now();
    const result = work();
    times[name] = `${(performance.now() - start).toFixed(1)} ms`;
    return result;
  };
  const sql = await testSql();
  let store = RunStore.open(sql, directory);
  const who = writer('w');
  timed('append', () => {
    let value = 2;
    for (let i = 0; i < POINTS; i++) {
      value = Math.fround(value * 0.9999 + random() * 0.01);
      // Steps of 10, so that chunks and buckets do not end together.
      store.point(who, 'loss', i === SPIKE ? 1e9 : value, i * 10, null, 1.76e15 + i * 1100);
    }
  });
  timed('save', () => store.save(runState('r'), new Map(), () => true));
  store.close();
  store = timed('open', () => RunStore.open(sql, directory));
  const ask = (more = {}) => store.series({ run_id: 'r', keys: ['loss'], x: 'step', points: 1000, ...more }, 0)[0]!;
  const cold = timed('cold', () => ask());
  const warm = timed('warm', () => ask());
  const zoomed = timed('zoomed', () => ask({ from: SPIKE * 10 - 2000, to: SPIKE * 10 + 2000 }));
  expect(warm).toEqual(cold);
  expect(Math.max(...cold.max.map((value) => value ?? 0))).toBe(1e9);
  expect(cold.n.reduce((a, b) => a + b)).toBe(POINTS);
  expect(zoomed.exact).toBe(true);
  expect(zoomed.x[zoomed.last.indexOf(1e9)]).toBe(SPIKE * 10);
  times['bytes a point'] = (statSync(join(directory, 'run.sqlite')).size / POINTS).toFixed(2);
  console.log(`series of a million points: ${JSON.stringify(times)}`);
  store.close();
  rmSync(directory, { recursive: true });
}, 60_000);
