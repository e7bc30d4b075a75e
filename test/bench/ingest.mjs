// From journals on disk to a store that answers, against JSON.parse alone on the same lines.
import { join } from 'node:path';
import { ingested, withCollector, withDirectory, writeRun } from './collectorRun.mjs';

function* singles(count) {
  for (let step = 0; step < count; step++)
    yield ['metric', { key: 'train/loss', value: 2.3 / (step + 1), step, epoch: step >> 8 }];
}

function* batches(count) {
  for (let step = 0; step < count; step++) {
    const metrics = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`m${i}`, (i + 1) / (step + 1.5)]));
    yield ['metric_batch', { metrics, step }];
  }
}

function parseTime(lines) {
  const started = performance.now();
  for (const line of lines) JSON.parse(line);
  return performance.now() - started;
}

/** What starting costs without anything to read, to be taken off. */
function emptyStart() {
  return withDirectory((home) =>
    withCollector(home, async ({ call, started }) => {
      await call('runs.list', {});
      return performance.now() - started;
    }),
  );
}

async function once(events, key, count) {
  return withDirectory(async (home) => {
    const lines = writeRun(join(home, '.xtrack'), 'bench', events);
    const parse = Math.min(parseTime(lines), parseTime(lines), parseTime(lines));
    const start = await emptyStart();
    const all = await withCollector(
      home,
      async ({ call, started }) => (await ingested(call, 'bench', key, count)) - started,
    );
    return parse / Math.max(all - start, 1e-3);
  });
}

export async function measure({ quick }) {
  const repeats = quick ? 2 : 5;
  const count = quick ? 100_000 : 400_000;
  const single = [];
  const batch = [];
  for (let i = 0; i < repeats; i++) {
    single.push(await once(singles(count), 'train/loss', count));
    batch.push(await once(batches(count / 4), 'm0', count / 4));
  }
  return [
    { name: 'ingest, single metrics, share of JSON.parse', values: single, atLeast: 0.25 },
    { name: 'ingest, 10 metrics an event, share of JSON.parse', values: batch, atLeast: 0.15 },
  ];
}
