// From journals on disk to a store that answers, against JSON.parse alone on the same lines; both in processor time.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { cpuOf, ingested, ownCpu, withCollector, withDirectory, writeRun } from './collectorRun.mjs';
import { curveFiles, readCurves } from './curves.mjs';

/** More than a training here has. */
const ROUND_STEPS = 1e6;

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

/** Real curves one after the other, as of a training that was begun again, until there are enough. */
function* real(count) {
  const curves = curveFiles().map(readCurves);
  for (let i = 0, round = 0; i < count; round++) {
    for (const [t, point] of curves[round % curves.length]) {
      if (i++ >= count) return;
      yield [t, { ...point, step: point.step + round * ROUND_STEPS }];
    }
  }
}

function parseTime(lines) {
  const started = ownCpu();
  for (const line of lines) JSON.parse(line);
  return ownCpu() - started;
}

/** What starting and answering costs without anything to read, to be taken off. */
async function idleStart(repeats) {
  const found = [];
  for (let i = 0; i < repeats; i++) {
    const cpu = await withDirectory((home) =>
      withCollector(home, async ({ call, pid }) => {
        await call('runs.list', {});
        return cpuOf(pid);
      }),
    );
    found.push(cpu);
  }
  return found.sort((a, b) => a - b)[repeats >> 1];
}

/** `workers` writers log the same events each; read anew `repeats` times. */
async function readAgain({ make, key, count, repeats = 1, workers = 1, idle, beside = true }) {
  return withDirectory(async (home) => {
    const dir = join(home, '.xtrack');
    // Ten million lines are more than a process holds.
    const lines = [];
    const onLine = beside ? (line) => lines.push(line) : undefined;
    let events = 0;
    for (let i = 0; i < workers; i++) events += writeRun(dir, 'bench', make(), { worker: `worker-${i}`, onLine });
    const parse = beside ? Math.min(parseTime(lines), parseTime(lines), parseTime(lines)) : NaN;
    const found = [];
    for (let i = 0; i < repeats; i++) {
      rmSync(join(dir, 'runs/bench/run.sqlite'), { force: true });
      rmSync(join(dir, 'catalog.sqlite'), { force: true });
      const all = await withCollector(home, async ({ call, pid }) => {
        await ingested(call, 'bench', key, count * workers);
        return cpuOf(pid);
      });
      const cpu = Math.max(all - idle, 10);
      found.push({ share: parse / cpu, us: (cpu * 1000) / events });
    }
    return found;
  });
}

export async function measure({ quick }) {
  const repeats = quick ? 1 : 5;
  const count = quick ? 100_000 : 1_000_000;
  const idle = await idleStart(quick ? 1 : 7);
  const curves = [...real(count)];
  const lastKey = curves.at(-1)[1].key;
  const lastCount = curves.filter(([, { key }]) => key === lastKey).length;
  const shares = async (make, key, keyCount) =>
    (await readAgain({ make, key, count: keyCount, repeats, idle })).map(({ share }) => share);
  const found = {
    single: await shares(() => singles(count), 'train/loss', count),
    batch: await shares(() => batches(count / 4), 'm0', count / 4),
    real: await shares(() => curves, lastKey, lastCount),
  };
  const growth = { points: [], workers: [] };
  const cost = async (each, workers) => {
    const [{ us }] = await readAgain({
      make: () => singles(each),
      key: 'train/loss',
      count: each,
      workers,
      idle,
      beside: false,
    });
    return us;
  };
  for (const points of quick ? [1e4] : [1e4, 1e5, 1e6, 1e7]) growth.points.push([points, await cost(points, 1)]);
  for (const workers of quick ? [8] : [1, 8, 64])
    growth.workers.push([workers, await cost(Math.floor((quick ? 5e4 : 1e6) / workers), workers)]);
  const note = `${count.toLocaleString('en')} points a run`;
  return [
    { name: 'ingest, single metrics, share of JSON.parse', values: found.single, atLeast: 0.25, note },
    { name: 'ingest, 10 metrics an event, share of JSON.parse', values: found.batch, atLeast: 0.15 },
    { name: 'ingest, real curves, share of JSON.parse', values: found.real, atLeast: 0.25 },
    { name: 'ingest, µs an event, by events', growth: growth.points },
    { name: 'ingest, µs an event, by workers of one run', growth: growth.workers },
  ];
}
