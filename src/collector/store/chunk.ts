/**
 * A full chunk of a fragment: up to 4,096 points, encoded in the database. Its statistics in memory stand for the whole
 * chunk, so that most of a long series is never decoded.
 */
import { highestBorder } from '../../domain/series/buckets';
import { PointStats } from '../../domain/series/stats';

/** The largest number of points; a chunk that others follow has at least half of it. */
export const CHUNK_POINTS = 4096;

export interface PointColumns {
  value: Float64Array;
  /** NaN where a point has no step; the same holds for `epoch`. */
  step: Float64Array;
  epoch: Float64Array;
  /** µs */
  ts: Float64Array;
}

export interface AxisRange {
  lo: number;
  hi: number;
  sorted: boolean;
}

export interface Chunk {
  /** Number of the chunk in its fragment; `start` is the number of its first point there. */
  seq: number;
  start: number;
  n: number;
  first: number;
  last: number;
  posInf: number;
  /** Statistics of points that have a step or an epoch, which is their x. */
  given: PointStats;
  /** Statistics of points that have neither; their x is their number in the fragment. */
  ordinal: PointStats;
  epochs: number;
  step: AxisRange;
  epoch: AxisRange;
  ts: AxisRange;
}

export function describeChunk(columns: PointColumns, seq: number, start: number): Chunk {
  const { value, step, epoch, ts } = columns;
  const n = value.length;
  const given = new PointStats();
  const ordinal = new PointStats();
  const x = new Float64Array(n);
  let posInf = 0;
  let epochs = 0;
  for (let i = 0; i < n; i++) {
    x[i] = givenX(step[i]!, epoch[i]!);
    if (value[i] === Infinity) posInf++;
    if (epoch[i] === epoch[i]) epochs++;
    if (Number.isNaN(x[i])) ordinal.add(start + i, value[i]!, ts[i]!);
    else given.add(x[i]!, value[i]!, ts[i]!);
  }
  const ranges = { step: rangeOf(x), epoch: rangeOf(epoch), ts: rangeOf(ts) };
  return { seq, start, n, first: value[0]!, last: value[n - 1]!, posInf, given, ordinal, epochs, ...ranges };
}

/**
 * How many points of a full tail make a chunk if a point at `nextX` follows. The chunk ends at a border of buckets of any
 * width, so that it lies in one bucket and need not be decoded for it.
 */
export function chunkLength({ step, epoch }: PointColumns, nextX: number): number {
  const half = CHUNK_POINTS / 2;
  const border = highestBorder(givenX(step[half - 1]!, epoch[half - 1]!), nextX);
  let n = half;
  while (n < CHUNK_POINTS && !(givenX(step[n]!, epoch[n]!) >= border)) n++;
  return n;
}

/** x on the step axis; NaN if it is the ordinal. */
export function givenX(step: number, epoch: number): number {
  return Number.isNaN(step) ? epoch : step;
}

function rangeOf(values: Float64Array): AxisRange {
  let lo = Infinity;
  let hi = -Infinity;
  let sorted = true;
  let before = -Infinity;
  for (const value of values) {
    if (value < lo) lo = value;
    if (value > hi) hi = value;
    if (!(value >= before)) sorted = false;
    before = value;
  }
  return { lo, hi, sorted };
}

// ---- as stored: a row of doubles

const STATS = ['n', 'nan', 'inf', 'sum', 'min', 'minX', 'max', 'maxX', 'firstX', 'lastX', 'last', 'lastTs'] as const;
const AXES = ['step', 'epoch', 'ts'] as const;

export function encodeHead(chunk: Chunk): Uint8Array {
  const head = [chunk.first, chunk.last, chunk.posInf, chunk.epochs];
  for (const axis of AXES) head.push(chunk[axis].lo, chunk[axis].hi, chunk[axis].sorted ? 1 : 0);
  for (const stats of [chunk.given, chunk.ordinal]) {
    head.push(stats.n);
    if (stats.n > 0) for (const field of STATS) head.push(stats[field]);
  }
  return new Uint8Array(Float64Array.from(head).buffer);
}

export function decodeHead(bytes: Uint8Array, seq: number, start: number, n: number): Chunk {
  const head = new Float64Array(new Uint8Array(bytes).buffer);
  let at = 0;
  const next = () => head[at++]!;
  const range = (): AxisRange => ({ lo: next(), hi: next(), sorted: next() === 1 });
  const stats = (): PointStats => {
    const out = new PointStats();
    if (next() > 0) for (const field of STATS) out[field] = next();
    return out;
  };
  const ends = { first: next(), last: next(), posInf: next(), epochs: next() };
  return { seq, start, n, ...ends, step: range(), epoch: range(), ts: range(), given: stats(), ordinal: stats() };
}
