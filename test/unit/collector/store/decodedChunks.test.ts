/** A query decodes what its buckets need, and no more: counted, not timed. */
import { expect, it, vi } from 'vitest';
import { CHUNK_POINTS } from '../../../../src/collector/store/chunk';
import type * as columnCodec from '../../../../src/collector/store/columnCodec';
import { RunStore } from '../../../../src/collector/store/runStore';
import { tempDir } from '../journal/journalFixture';
import { runState, testSql, writer } from './storeFixtures';

const counted = vi.hoisted(() => ({ columns: 0 }));
vi.mock('../../../../src/collector/store/columnCodec', async (original) => {
  const real = await original<typeof columnCodec>();
  const decodeColumn: typeof real.decodeColumn = (...given) => {
    counted.columns++;
    return real.decodeColumn(...given);
  };
  return { ...real, decodeColumn };
});

async function saved(points: number): Promise<RunStore> {
  const directory = tempDir();
  const sql = await testSql();
  const store = RunStore.open(sql, directory);
  const who = writer('w');
  // Irregular steps, so that they are a column of their own.
  for (let i = 0; i < points; i++) store.point(who, 'loss', Math.sin(i), 10 * i + (i % 3), null, 1.76e15 + i * 1100);
  store.save(runState('r'), new Map(), () => true);
  store.close();
  return RunStore.open(sql, directory);
}

const ask = (store: RunStore, points: number, more = {}) => {
  counted.columns = 0;
  const [series] = store.series({ run_id: 'r', keys: ['loss'], x: 'step', points, ...more }, 0);
  return { decoded: counted.columns, points: series!.n.reduce((a, b) => a + b) };
};

const SIZES = [25, 100, 250];
const BUCKETS = 20;

it('a query of a long series decodes only the chunks that straddle a bucket border', async () => {
  for (const chunks of SIZES) {
    const store = await saved(chunks * CHUNK_POINTS + 7);
    const { decoded, points } = ask(store, BUCKETS, { x: 'wall' });
    expect(points).toBe(chunks * CHUNK_POINTS + 7);
    // Of each: its times and its values. The tail's columns were read when it was opened.
    expect(decoded).toBeGreaterThan(0);
    expect(decoded).toBeLessThanOrEqual(2 * (BUCKETS + 1));
    expect(ask(store, BUCKETS, { x: 'wall' }).decoded).toBe(0);
    const from = 10 * 11 * CHUNK_POINTS;
    const zoomed = ask(store, 5000, { from, to: from + 10 * 3 * CHUNK_POINTS });
    expect(zoomed.points).toBeGreaterThan(3 * CHUNK_POINTS - 2);
    // A chunk has half of what it can have at least, and both ends of the range lie in one.
    expect(zoomed.decoded).toBeLessThanOrEqual(2 * (2 * 3 + 2));
    store.close();
  }
});

it('chunks end at bucket borders on the step axis, so wide buckets decode none', async () => {
  for (const chunks of SIZES) {
    const store = await saved(chunks * CHUNK_POINTS + 7);
    expect(ask(store, BUCKETS)).toEqual({ decoded: 0, points: chunks * CHUNK_POINTS + 7 });
    store.close();
  }
});

it.each([
  ['one by one', 0, 1],
  ['one by one from anywhere', 1237, 1],
  ['by tens', 3, 10],
  ['by hundreds', 50, 100],
  ['in thirds', 1 / 3, 1 / 3],
  ['from below zero', -5000, 1],
  ['all the same', 7, 0],
  ['backwards', 1e6, -1],
  ['beyond what doubles tell apart', 2 ** 53, 0.3],
])('chunks of steps %s are half full at least, and hold every point', async (_, start, stride) => {
  const sql = await testSql();
  const directory = tempDir();
  const store = RunStore.open(sql, directory);
  const who = writer('w');
  const count = 3 * CHUNK_POINTS;
  const steps = Array.from({ length: count }, (__, i) => start + i * stride);
  steps.forEach((step, i) => store.point(who, 'loss', i, step, null, i));
  store.save(runState('r'), new Map(), () => true);
  store.close();
  const [fragment] = [...RunStore.open(sql, directory).contents()];
  const parts = [...fragment!.read()];
  const lengths = parts.map(({ value }) => value.length);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(CHUNK_POINTS);
  expect(Math.min(...lengths.slice(0, -1))).toBeGreaterThanOrEqual(CHUNK_POINTS / 2);
  expect(parts.flatMap(({ value }) => [...value])).toEqual(steps.map((__, i) => i));
  expect(parts.flatMap(({ step }) => [...step])).toEqual(steps);
});
