/** A query decodes what its buckets need, and no more: counted, not timed. */
import { expect, it, vi } from 'vitest';
import { CHUNK_POINTS } from '../../../src/collector/store/chunk';
import type * as columnCodec from '../../../src/collector/store/columnCodec';
import { RunStore } from '../../../src/collector/store/runStore';
import { tempDir } from '../journal/journalFixture';
import { runState, testSql, writer } from './storeFixtures';

const counted = vi.hoisted(() => ({ columns: 0 }));
vi.mock('../../../src/collector/store/columnCodec', async (original) => {
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

it('of a long series only chunks that lie across a border between buckets are decoded, however many there are', async () => {
  const BUCKETS = 20;
  const found = [];
  for (const chunks of [25, 100, 250]) {
    const store = await saved(chunks * CHUNK_POINTS + 7);
    const { decoded, points } = ask(store, BUCKETS);
    expect(points).toBe(chunks * CHUNK_POINTS + 7);
    // Of each: its steps and its values. The tail's columns were read when it was opened.
    expect(decoded).toBeLessThanOrEqual(2 * (BUCKETS + 1));
    found.push(decoded);
    expect(ask(store, BUCKETS).decoded).toBe(0);
    const from = 10 * 11 * CHUNK_POINTS;
    const zoomed = ask(store, 5000, { from, to: from + 10 * 3 * CHUNK_POINTS });
    expect(zoomed.points).toBeGreaterThan(3 * CHUNK_POINTS - 2);
    expect(zoomed.decoded).toBeLessThanOrEqual(2 * 4);
    store.close();
  }
  console.log(`columns decoded for ${BUCKETS} buckets of 25, 100 and 250 chunks: ${found.join(', ')}`);
});
