// runs.series into 1,000 buckets, from 10⁴ to 10⁷ points: processor time of the collector, and one pass over the same numbers.
// Cold: of a run that was not opened yet, by a collector that did nothing since its start.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  cpuOf,
  emptyMemory,
  ownCpu,
  rssOf,
  settled,
  storeParts,
  withCollector,
  withDirectory,
} from './collectorRun.mjs';

const valueAt = (i) => Math.fround(2.3 / Math.sqrt(1 + i / 1000) + 0.1 * Math.sin(i * 12.9898));

function onePass(count) {
  const values = Float64Array.from({ length: count }, (_, i) => valueAt(i));
  const started = ownCpu();
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (!(min < max)) throw new Error('no values');
  return ownCpu() - started;
}

/** A run that has a database and no journals, as a sealed one. Steps begin anywhere, so that no border falls on a chunk's. */
function writeDatabase({ RunStore, sql, newRunState, addWriter }, dir, count) {
  const folder = join(dir, 'runs/bench');
  mkdirSync(folder, { recursive: true });
  const store = RunStore.open(sql, folder);
  const state = newRunState('bench');
  const head = { writer: 'w', worker: 'worker-0', attempt: 1, role: 'script', proc: null, client: 'bench' };
  const writer = addWriter(state, head);
  const ts = Date.now() * 1000;
  Object.assign(writer, { seq: count, first: ts / 1000, last: ts / 1000 });
  writer.end = { status: 'completed', error: null, exit: null, at: ts / 1000 };
  for (let i = 0; i < count; i++) store.point(writer, 'loss', valueAt(i), i + 1237, null, ts + i * 1000 + (i % 7));
  store.save(state, new Map(), () => true);
  store.close();
}

async function measureAt(parts, count, repeats, untilClosed) {
  return withDirectory(async (home) => {
    writeDatabase(parts, join(home, '.xtrack'), count);
    const found = { cold: [], passed: [], byClock: [], warm: [], zoomed: [], all: [], drawn: [], rss: [], closed: [] };
    const once = (work) =>
      withCollector(home, async ({ call, pid }) => {
        const ask = async (more = {}, times = 1) => {
          const before = cpuOf(pid);
          for (let n = 0; n < times; n++) {
            const question = { run_id: 'bench', keys: ['loss'], x: 'step', points: 1000, ...more };
            const { series } = await call('runs.series', question);
            if (series.length !== 1 || series[0].x.length < 250) throw new Error(`${series[0]?.x.length} buckets`);
          }
          return (cpuOf(pid) - before) / times;
        };
        await call('runs.list', {});
        await settled(pid);
        await work(ask, pid);
      });
    // The first one puts the run into the catalog, for which it opens it.
    await once(() => undefined);
    for (let i = 0; i < repeats; i++) {
      await once(async (ask) => found.byClock.push(await ask({ x: 'wall' })));
      await once(async (ask, pid) => {
        const began = performance.now();
        found.cold.push(await ask());
        found.passed.push(performance.now() - began);
        // The system counts in steps of 10 ms.
        await ask({}, 5);
        found.warm.push(await ask({}, 20));
        const range = { from: count / 2, to: count / 2 + count / 20 };
        await ask(range);
        found.zoomed.push(await ask(range, 20));
        found.rss.push(rssOf(pid));
        if (!untilClosed || i > 0) return;
        await new Promise((resolve) => setTimeout(resolve, CLOSED_AFTER_MS));
        found.closed.push(rssOf(pid));
      });
      // In a collector of their own: so many buckets decode all chunks, which the memory above is measured without.
      await once(async (ask) => {
        found.all.push(await ask({ points: MANY }, 20));
        found.drawn.push(await ask({ points: MANY, columns: DRAWN }, 20));
      });
    }
    return found;
  });
}

/** As many points as it takes for the columns to count. */
const MANY = 8000;
/** What the panel asks for. */
const DRAWN = ['x', 'last', 'min', 'max'];

/** Runs that nobody asks for are closed after half a minute. */
const CLOSED_AFTER_MS = 45_000;

export async function measure({ quick }) {
  const parts = await storeParts();
  const growth = [];
  const colds = [];
  let largest;
  const sizes = quick ? [1e4, 1e5, 1e6] : [1e4, 1e5, 1e6, 1e7];
  for (const count of sizes) {
    const isLast = count === sizes.at(-1);
    largest = await measureAt(parts, count, quick ? (isLast ? 2 : 1) : 5, isLast && !quick);
    growth.push([count, Math.min(...largest.warm)]);
    colds.push([count, Math.min(...largest.cold)]);
  }
  const count = sizes.at(-1);
  const pass = Math.min(...Array.from({ length: 5 }, () => onePass(count)));
  const empty = await emptyMemory();
  const note = `${count.toExponential(0)} points; one pass takes ${pass.toFixed(1)} ms`;
  return [
    { name: 'runs.series, cold, ms of processor time', values: largest.cold, atMost: 300, note },
    { name: 'runs.series, cold, ms that passed', values: largest.passed, atMost: 300, note },
    { name: 'runs.series, cold, × one pass over the points', values: largest.cold.map((ms) => ms / pass), note },
    { name: 'runs.series, cold, ms, by points', growth: colds },
    { name: 'runs.series, cold, by wall clock, ms', values: largest.byClock, note },
    { name: 'runs.series, warm, ms', values: largest.warm, atMost: 20, note },
    { name: 'runs.series, zoomed, ms', values: largest.zoomed, atMost: 20, note },
    { name: `runs.series into ${MANY} buckets, all columns, ms`, values: largest.all, note },
    { name: 'the same, the four columns of a panel, ms', values: largest.drawn, note },
    { name: 'runs.series, warm, × one pass over the points', values: largest.warm.map((ms) => ms / pass), note },
    { name: 'runs.series, warm, ms, by points', growth },
    { name: 'memory with the run open, MB', values: largest.rss, atMost: 600, note },
    { name: 'the same, × a collector without runs', values: largest.rss.map((mb) => mb / empty) },
    ...(quick ? [] : [{ name: 'memory when it was closed, MB', values: largest.closed, atMost: 300, note }]),
  ];
}
