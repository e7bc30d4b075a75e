// runs.series over a million points into 1,000 buckets, against one pass over the same numbers in memory.
import { join } from 'node:path';
import { ingested, withCollector, withDirectory, writeRun } from './collectorRun.mjs';

function* points(count) {
  for (let step = 0; step < count; step++)
    yield ['metric', { key: 'loss', value: Math.sin(step / 1000) + 1 / (step + 1), step }];
}

function onePass(count) {
  const values = Float64Array.from({ length: count }, (_, i) => Math.sin(i / 1000) + 1 / (i + 1));
  const started = performance.now();
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const took = performance.now() - started;
  if (!(min < max)) throw new Error('no values');
  return took;
}

async function timed(call, more = {}) {
  const started = performance.now();
  const { series } = await call('runs.series', { run_id: 'bench', keys: ['loss'], x: 'step', points: 1000, ...more });
  if (series.length !== 1 || series[0].x.length < 250)
    throw new Error(`runs.series gave ${series[0]?.x.length} buckets`);
  return performance.now() - started;
}

export async function measure({ quick }) {
  const count = quick ? 200_000 : 1_000_000;
  const repeats = quick ? 3 : 7;
  const base = Math.min(...Array.from({ length: 5 }, () => onePass(count)));
  return withDirectory(async (home) => {
    writeRun(join(home, '.xtrack'), 'bench', points(count));
    await withCollector(home, ({ call }) => ingested(call, 'bench', 'loss', count));
    const cold = [];
    const warm = [];
    const zoomed = [];
    for (let i = 0; i < repeats; i++) {
      await withCollector(home, async ({ call }) => {
        cold.push(await timed(call));
        warm.push(await timed(call));
        zoomed.push(await timed(call, { from: count / 2, to: count / 2 + count / 20 }));
      });
    }
    const note = `${count} points; one pass takes ${base.toFixed(2)} ms`;
    const ratios = (times) => times.map((time) => time / base);
    return [
      { name: 'runs.series, cold, × one pass', values: ratios(cold), note },
      { name: 'runs.series, warm, × one pass', values: ratios(warm), note },
      { name: 'runs.series, zoomed, × one pass', values: ratios(zoomed), note },
    ];
  });
}
