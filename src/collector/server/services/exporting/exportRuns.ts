/** Exports runs as CSV (one line per point) or JSON (all details), with every point exact, or as copies of their directories. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { english } from '../../../../base/texts';
import type { Json, Num } from '../../../../protocol/events';
import type { SeriesColumn, SeriesOf } from '../../../../protocol/rows';
import type { AskStore } from '../../../contract/workerApi';
import type { TaskContext } from '../../longTask';
import { tarOf } from './tarArchive';

const BUCKETS = 50_000;
const COLUMNS = ['x', 'first', 'last', 'n'] as const satisfies SeriesColumn[];

type ExportedSeries = SeriesOf<(typeof COLUMNS)[number]>;

interface Point {
  x: number;
  value: Num;
}

export interface ExportRequest {
  run_ids: string[];
  /** archive: a gzipped tar, to be unpacked into another `runs/`. */
  format: 'csv' | 'json' | 'archive';
  path: string;
}

/** Writes the file, which appears once it is complete. */
export async function exportRuns(
  store: AskStore,
  folderOf: (runId: string) => string,
  request: ExportRequest,
  task: TaskContext,
): Promise<Json> {
  const part = `${request.path}.part`;
  const out = createWriteStream(part, { mode: 0o600 });
  try {
    await once(out, 'open');
    if (request.format === 'archive') {
      const tar = Readable.from(tarOf(request.run_ids.map(folderOf), task.signal));
      await pipeline(tar, createGzip(), out, { signal: task.signal });
    } else await writeTexts(out, store, request, task);
    await rename(part, request.path);
    task.progress(request.run_ids.length, request.run_ids.length, english`Exported to ${request.path}`);
    return { path: request.path };
  } catch (error) {
    out.destroy();
    await rm(part, { force: true });
    throw error;
  }
}

async function writeTexts(out: WriteStream, store: AskStore, request: ExportRequest, task: TaskContext): Promise<void> {
  await write(out, request.format === 'csv' ? 'run_id,name,worker,key,step,value\n' : '{"runs":[');
  for (const [at, runId] of request.run_ids.entries()) {
    task.progress(at, request.run_ids.length, english`Exporting ${runId}`);
    if (request.format === 'csv') await writeCsv(out, store, runId, task.signal);
    else await writeJson(out, store, runId, at > 0, task.signal);
  }
  if (request.format === 'json') await write(out, '\n]}\n');
  out.end();
  await once(out, 'close');
}

async function writeCsv(out: WriteStream, store: AskStore, runId: string, signal: AbortSignal): Promise<void> {
  const { name, metrics } = await store('runs.get', { run_id: runId });
  for (const key of Object.keys(metrics)) {
    for (const series of await ask(store, runId, key)) {
      const start = [runId, name, series.worker, key].map(quoted).join(',');
      let text = '';
      for await (const { x, value } of pointsOf(store, series, Infinity)) {
        signal.throwIfAborted();
        text += `${start},${x},${value}\n`;
        if (text.length < 65536) continue;
        await write(out, text);
        text = '';
      }
      await write(out, text);
    }
  }
}

async function writeJson(
  out: WriteStream,
  store: AskStore,
  runId: string,
  follows: boolean,
  signal: AbortSignal,
): Promise<void> {
  const detail = await store('runs.get', { run_id: runId });
  const series: Json[] = [];
  for (const key of Object.keys(detail.metrics)) {
    for (const bucketed of await ask(store, runId, key)) {
      const step: number[] = [];
      const value: Num[] = [];
      for await (const point of pointsOf(store, bucketed, Infinity)) {
        signal.throwIfAborted();
        step.push(point.x);
        value.push(point.value);
      }
      series.push({ key, worker: bucketed.worker, step, value });
    }
  }
  await write(out, `${follows ? ',' : ''}\n${JSON.stringify({ ...detail, series })}`);
}

async function ask(
  store: AskStore,
  run_id: string,
  key: string,
  of?: { worker: string; from: number; to: number },
): Promise<ExportedSeries[]> {
  const request = { run_id, keys: [key], x: 'step' as const, points: BUCKETS, columns: [...COLUMNS] };
  const range = of && { worker: of.worker, from: of.from, ...(Number.isFinite(of.to) && { to: of.to }) };
  return (await store('runs.series', { ...request, ...range })).series;
}

/** Yields every point below `end`. A bucket that holds several is requested again at a finer resolution. */
async function* pointsOf(store: AskStore, series: ExportedSeries, end: number): AsyncGenerator<Point> {
  const { x, n, first, last } = series;
  for (let i = 0; i < x.length && x[i]! < end; i++) {
    if (n[i] === 1) {
      yield { x: x[i]!, value: last[i]! };
      continue;
    }
    // Requests neighbouring full buckets together, as many as fit into one answer.
    let to = i + 1;
    for (let count = n[i]!; to < x.length && n[to]! > 1 && count + n[to]! <= BUCKETS; to++) count += n[to]!;
    const border = Math.min(x[to] ?? Infinity, end);
    const range = { worker: series.worker, from: x[i]!, to: border };
    const finer = (await ask(store, series.run_id, series.key, range))[0];
    const isFiner = finer !== undefined && finer.x.filter((at) => at < border).length > to - i;
    if (isFiner) yield* pointsOf(store, finer, border);
    else yield* endsOf(x, first, last, i, to);
    i = to - 1;
  }
}

/** Of several values at one step, a series only has the first and the last. */
function* endsOf(x: number[], first: Num[], last: Num[], from: number, to: number): Generator<Point> {
  for (let i = from; i < to; i++) {
    yield { x: x[i]!, value: first[i]! };
    yield { x: x[i]!, value: last[i]! };
  }
}

function quoted(text: string): string {
  // Spreadsheets would run a cell that begins like a formula, so it is escaped.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

async function write(out: WriteStream, text: string): Promise<void> {
  if (out.errored) throw out.errored;
  if (!out.write(text)) await once(out, 'drain');
}
