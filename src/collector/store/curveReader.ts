/** Reads the visible points of a curve on one axis, in order of attempts, and decodes only what a reader asks for. */
import type { BucketPart } from '../../domain/series/buckets';
import { Extremes } from '../../domain/series/extremes';
import { attemptCuts } from '../../domain/series/overlap';
import { CHUNK_POINTS, givenX, type AxisRange, type Chunk } from './chunk';
import { columnValues, type Column } from './columnCodec';
import type { Block, SeriesFragment } from './seriesFragment';
import type { Curve } from './fragmentIndex';

/** `time`: x = (ts - origin) / divisor, ts and origin in whole µs, so that x has no rounding errors of its own. */
export type Axis = { kind: 'step' } | { kind: 'epoch' } | { kind: 'time'; divisor: number; origin: number };

export const STEP_AXIS: Axis = { kind: 'step' };

export function axisOf(x: 'step' | 'epoch' | 'relative' | 'wall', curve: Curve, startedMs: number): Axis {
  if (x === 'wall') return { kind: 'time', divisor: 1e3, origin: 0 };
  if (x === 'relative') return { kind: 'time', divisor: 1e6, origin: Math.round(startedMs * 1e3) };
  const hasEpochs = curve.attempts.some((attempt) => attempt.fragments.some((fragment) => fragment.epochs > 0));
  return { kind: x === 'epoch' && hasEpochs ? 'epoch' : 'step' };
}

/** An attempt on an axis, visible below `cut`. Its ordinals start at `base`, the number of points of earlier attempts. */
export interface Segment {
  base: number;
  cut: number;
  lo: number;
  hi: number;
  fragments: readonly SeriesFragment[];
}

export function segmentsOf(curve: Curve, axis: Axis): Segment[] {
  let base = 0;
  const segments: Segment[] = [];
  for (const { fragments } of curve.attempts) {
    const spans = fragments.map((fragment) => fragmentSpan(fragment, axis, base));
    const lo = Math.min(...spans.map((span) => span.lo));
    const hi = Math.max(...spans.map((span) => span.hi));
    segments.push({ base, cut: Infinity, lo, hi, fragments });
    base += fragments.reduce((sum, fragment) => sum + fragment.count, 0);
  }
  const cuts = attemptCuts(segments.map((segment) => segment.lo));
  segments.forEach((segment, i) => (segment.cut = cuts[i]!));
  return segments;
}

function fragmentSpan(fragment: SeriesFragment, axis: Axis, base: number): { lo: number; hi: number } {
  if (axis.kind === 'epoch') return fragment.epoch;
  if (axis.kind === 'time') return { lo: timeX(fragment.ts.lo, axis), hi: timeX(fragment.ts.hi, axis) };
  const { given, ordinal } = fragment;
  return { lo: Math.min(given.firstX, ordinal.firstX + base), hi: Math.max(given.lastX, ordinal.lastX + base) };
}

function timeX(ts: number, axis: { divisor: number; origin: number }): number {
  return (ts - axis.origin) / axis.divisor;
}

/** Points of one block, ascending in x; points of equal x keep the order in which they were logged. */
export interface PointRun {
  x(i: number): number;
  from: number;
  to: number;
  values(): Float64Array;
  extremes(): Extremes;
  ts(): Float64Array;
  /** x of the same points on another axis. */
  on(axis: Axis): Float64Array;
}

export interface PointReader {
  /** Takes a chunk that is visible as a whole. Returns true if that is enough, false if the reader needs its points. */
  chunk?(chunk: Chunk, range: AxisRange, base: number): boolean;
  points(run: PointRun): void;
}

/** Reads the visible points with from ≤ x ≤ to. */
export function readSegment(segment: Segment, axis: Axis, from: number, to: number, reader: PointReader): void {
  for (const fragment of segment.fragments) {
    for (const block of fragment.blocks()) {
      const range = block.chunk && chunkRange(block.chunk, axis, segment.base);
      if (range && (range.lo > to || range.hi < from || range.lo >= segment.cut)) continue;
      const whole = range?.sorted && range.lo >= from && range.hi <= to && range.hi < segment.cut;
      if (whole && reader.chunk?.(block.chunk!, range, segment.base)) continue;
      const run = openRun(block, axis, segment, from, to, range?.sorted ?? false);
      if (run.to > run.from) reader.points(run);
    }
  }
}

/** The smallest x of a fragment's points from number `after` on, visible or not; Infinity if there is none. */
export function smallestX(fragment: SeriesFragment, axis: Axis, base: number, after: number): number {
  let smallest = Infinity;
  for (const block of fragment.blocks()) {
    if (block.start + block.n <= after) continue;
    const range = block.chunk && block.start >= after ? chunkRange(block.chunk, axis, base) : null;
    if (range) {
      smallest = Math.min(smallest, range.lo);
      continue;
    }
    const xs = xOf(block, axis, base);
    for (let i = Math.max(after - block.start, 0); i < xs.length; i++) if (xs[i]! < smallest) smallest = xs[i]!;
  }
  return smallest;
}

export function bucketPart(chunk: Chunk, range: AxisRange): BucketPart {
  const { given, ordinal } = chunk;
  const inf = given.inf + ordinal.inf;
  return {
    n: chunk.n,
    firstX: range.lo,
    first: chunk.first,
    lastX: range.hi,
    last: chunk.last,
    min: Math.min(given.min, ordinal.min),
    max: Math.max(given.max, ordinal.max),
    nan: given.nan + ordinal.nan,
    posInf: chunk.posInf,
    negInf: inf - chunk.posInf,
  };
}

/** Returns null if x of the points is not known without reading them. */
function chunkRange(chunk: Chunk, axis: Axis, base: number): AxisRange | null {
  if (axis.kind === 'time') {
    return { lo: timeX(chunk.ts.lo, axis), hi: timeX(chunk.ts.hi, axis), sorted: chunk.ts.sorted };
  }
  if (axis.kind === 'epoch') return chunk.epochs === 0 ? NOWHERE : chunk.epochs === chunk.n ? chunk.epoch : null;
  if (chunk.ordinal.n === 0) return chunk.step;
  if (chunk.given.n > 0) return null;
  return { lo: base + chunk.start, hi: base + chunk.start + chunk.n - 1, sorted: true };
}

const NOWHERE: AxisRange = { lo: Infinity, hi: -Infinity, sorted: true };

/** x of the block that is being read. A reader is done with one block before the next is opened. */
const scratch = new Float64Array(CHUNK_POINTS);
/** Extremes of columns that are in the cache of recently read ones. */
const known = new WeakMap<Float64Array, Extremes>();

function extremesOf(values: Float64Array, keep: boolean): Extremes {
  const found = known.get(values);
  if (found) return found;
  const extremes = new Extremes(values);
  if (keep) known.set(values, extremes);
  return extremes;
}

function openRun(block: Block, axis: Axis, segment: Segment, from: number, to: number, sorted: boolean): PointRun {
  const place = sorted ? placeOf(block, axis, segment.base) : null;
  const xs = place ? null : xOf(block, axis, segment.base, scratch);
  const order = xs === null || sorted || isAscending(xs) ? null : ascendingOrder(xs);
  const aligned = (values: Float64Array) => (order ? Float64Array.from(order, (i) => values[i]!) : values);
  const column = (name: 'value' | 'ts') => aligned(columnValues(block.column(name), block.n));
  const ordered = xs && aligned(xs);
  const x = place ?? ((i: number) => ordered![i]!);
  const n = ordered?.length ?? block.n;
  return {
    x,
    from: lowerBound(x, n, from, false),
    to: Math.min(lowerBound(x, n, to, true), lowerBound(x, n, segment.cut, false)),
    values: () => column('value'),
    extremes: () => extremesOf(column('value'), block.chunk !== null && order === null),
    ts: () => column('ts'),
    on: (other) => aligned(xOf(block, other, segment.base)),
  };
}

/** Computes x of ascending points on demand; null if all have to be computed beforehand. */
function placeOf({ chunk, column, start }: Block, axis: Axis, base: number): ((i: number) => number) | null {
  if (chunk === null) return null;
  if (axis.kind === 'time') {
    const at = valueAt(column('ts'));
    return at && ((i) => timeX(at(i), axis));
  }
  if (axis.kind === 'epoch') return valueAt(column('epoch'));
  if (chunk.given.n === 0) return (i) => base + start + i;
  return chunk.epochs === 0 && chunk.ordinal.n === 0 ? valueAt(column('step')) : null;
}

function valueAt(column: Column): ((i: number) => number) | null {
  if (column === null) return null;
  if (column instanceof Float64Array) return (i) => column[i]!;
  const { first, stride } = column;
  return (i) => first + i * stride;
}

function xOf(block: Block, axis: Axis, base: number, into?: Float64Array): Float64Array {
  const { n, start } = block;
  if (axis.kind === 'epoch') return columnValues(block.column('epoch'), n, into);
  if (axis.kind === 'time') {
    const ts = columnValues(block.column('ts'), n, into);
    const out = into ?? new Float64Array(n);
    for (let i = 0; i < n; i++) out[i] = timeX(ts[i]!, axis);
    return out.subarray(0, n);
  }
  const steps = columnValues(block.column('step'), n, into);
  if (!hasGap(steps)) return steps;
  const out = into ?? new Float64Array(n);
  const epochs = columnValues(block.column('epoch'), n);
  for (let i = 0; i < n; i++) {
    const x = givenX(steps[i]!, epochs[i]!);
    out[i] = Number.isNaN(x) ? base + start + i : x;
  }
  return out.subarray(0, n);
}

function hasGap(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] !== values[i]) return true;
  return false;
}

/** Returns false also for NaN, which marks a point without a place on the axis. */
function isAscending(xs: Float64Array): boolean {
  if (xs[0] !== xs[0]) return false;
  for (let i = 1; i < xs.length; i++) if (!(xs[i]! >= xs[i - 1]!)) return false;
  return true;
}

/** The indexes of the points in order of x; those without x are left out. */
function ascendingOrder(xs: Float64Array): number[] {
  const order: number[] = [];
  for (let i = 0; i < xs.length; i++) if (xs[i] === xs[i]) order.push(i);
  return order.sort((a, b) => xs[a]! - xs[b]!);
}

/** How many of n are below the limit, or at most the limit if `inclusive`. */
function lowerBound(x: (i: number) => number, n: number, limit: number, inclusive: boolean): number {
  let lo = 0;
  let hi = n;
  while (lo < hi) {
    const middle = (lo + hi) >> 1;
    if (x(middle) < limit || (inclusive && x(middle) === limit)) lo = middle + 1;
    else hi = middle;
  }
  return lo;
}
