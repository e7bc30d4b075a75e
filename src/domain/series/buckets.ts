/**
 * Buckets of a series. Their width is a power of two and their borders are multiples of it, whatever the range,
 * so an appended point changes only the last bucket, and two requests of one resolution share their borders.
 */
import type { Num } from '../../protocol/events';
import { SERIES_COLUMNS, type Series, type SeriesColumn } from '../../protocol/rows';
import { badKind, NAN, NEG_INF, POS_INF, type Extremes } from './extremes';

/** The content of one bucket; also describes a stored chunk without decoding it. */
export interface BucketPart {
  n: number;
  /** Values of the points with the smallest x (the earliest among equals) and the largest x (the latest among equals). */
  firstX: number;
  first: number;
  lastX: number;
  last: number;
  /** Extremes of the finite values; Infinity and -Infinity if there are none. */
  min: number;
  max: number;
  nan: number;
  posInf: number;
  negInf: number;
}

const SMALLEST_EXPONENT = -1074;

/** The smallest k such that at most `points` buckets of width 2^k cover lo … hi. */
export function bucketExponent(lo: number, hi: number, points: number): number {
  if (!(hi > lo)) return 0;
  // One below the estimate, because borders are fixed: the range may straddle one more or one less than it fills.
  let k = Math.max(Math.floor(Math.log2((hi - lo) / points)) - 1, SMALLEST_EXPONENT);
  while (bucketCount(lo, hi, k) > Math.max(points, lo < 0 && hi >= 0 ? 2 : 1)) k++;
  return k;
}

/** The index of the bucket that contains x. Dividing by a power of two is exact. */
export function bucketIndex(x: number, k: number): number {
  return Math.floor(x / 2 ** k);
}

/** Of the borders above lo and up to hi, the one shared by the widest buckets. NaN if there is none. */
export function highestBorder(lo: number, hi: number): number {
  if (!(hi > lo)) return NaN;
  if (lo < 0 && hi >= 0) return 0;
  // One below the estimate, which may have been rounded up.
  let k = Math.max(Math.floor(Math.log2(hi - lo)) - 1, SMALLEST_EXPONENT);
  while (bucketIndex(lo, k + 1) !== bucketIndex(hi, k + 1)) k++;
  return bucketIndex(hi, k) * 2 ** k;
}

function bucketCount(lo: number, hi: number, k: number): number {
  return bucketIndex(hi, k) - bucketIndex(lo, k) + 1;
}

export function toNum(value: number): Num {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
}

/** The requested columns of a series, together with its bad values. */
export type Columns = Partial<Pick<Series, SeriesColumn>> & Pick<Series, 'bad'>;

/** Collects points, in any order of x, into the buckets that cover lo … hi. */
export class Buckets {
  readonly base: number;
  private readonly count: number;
  private readonly n: Float64Array;
  private readonly firstX: Float64Array;
  private readonly first: Float64Array;
  private readonly lastX: Float64Array;
  private readonly last: Float64Array;
  private readonly min: Float64Array;
  private readonly max: Float64Array;
  private readonly bad: Uint8Array;

  constructor(
    lo: number,
    hi: number,
    readonly k: number,
  ) {
    this.base = bucketIndex(lo, k);
    this.count = Math.max(bucketCount(lo, hi, k), 1);
    const column = (fill: number) => new Float64Array(this.count).fill(fill);
    this.n = column(0);
    this.firstX = column(Infinity);
    this.first = column(NaN);
    this.lastX = column(-Infinity);
    this.last = column(NaN);
    this.min = column(Infinity);
    this.max = column(-Infinity);
    this.bad = new Uint8Array(this.count);
  }

  /** Adds the points [from, to) of a column, in ascending x, which must be inside the range. */
  addSorted(x: (i: number) => number, values: Float64Array, extremes: Extremes, from: number, to: number): void {
    const width = 2 ** this.k;
    for (let i = from; i < to;) {
      const index = bucketIndex(x(i), this.k);
      const end = firstFrom(x, (index + 1) * width, i + 1, to);
      const at = index - this.base;
      const { min, max, bad } = extremes.over(i, end);
      if (min < this.min[at]!) this.min[at] = min;
      if (max > this.max[at]!) this.max[at] = max;
      this.bad[at]! |= bad;
      this.n[at]! += end - i;
      this.ends(at, x(i), values[i]!, x(end - 1), values[end - 1]!);
      i = end;
    }
  }

  add(x: number, value: number): void {
    const at = bucketIndex(x, this.k) - this.base;
    this.n[at]! += 1;
    this.ends(at, x, value, x, value);
    if (value - value !== 0) {
      this.bad[at]! |= badKind(value);
      return;
    }
    if (value < this.min[at]!) this.min[at] = value;
    if (value > this.max[at]!) this.max[at] = value;
  }

  /** Adds a whole chunk that lies in one bucket. */
  addPart(part: BucketPart): void {
    const at = bucketIndex(part.firstX, this.k) - this.base;
    this.n[at]! += part.n;
    this.ends(at, part.firstX, part.first, part.lastX, part.last);
    if (part.min < this.min[at]!) this.min[at] = part.min;
    if (part.max > this.max[at]!) this.max[at] = part.max;
    if (part.nan > 0) this.bad[at]! |= NAN;
    if (part.posInf > 0) this.bad[at]! |= POS_INF;
    if (part.negInf > 0) this.bad[at]! |= NEG_INF;
  }

  private ends(at: number, firstX: number, first: number, lastX: number, last: number): void {
    if (firstX < this.firstX[at]!) {
      this.firstX[at] = firstX;
      this.first[at] = first;
    }
    if (lastX >= this.lastX[at]!) {
      this.lastX[at] = lastX;
      this.last[at] = last;
    }
  }

  /** Returns the columns of the filled buckets. */
  columns(wanted: readonly SeriesColumn[] = SERIES_COLUMNS): Columns {
    const filled: number[] = [];
    const bad: Series['bad'] = [];
    for (let at = 0; at < this.count; at++) {
      if (this.n[at] === 0) continue;
      filled.push(at);
      pushBad(bad, this.firstX[at]!, this.bad[at]!);
    }
    return columnsOf(wanted, bad, {
      x: () => filled.map((at) => this.firstX[at]!),
      first: () => filled.map((at) => toNum(this.first[at]!)),
      last: () => filled.map((at) => toNum(this.last[at]!)),
      min: () => filled.map((at) => finiteOrNull(this.min[at]!)),
      max: () => filled.map((at) => finiteOrNull(this.max[at]!)),
      n: () => filled.map((at) => this.n[at]!),
    });
  }
}

/** The first i in [from, to) whose x is `limit` or more, else `to`. Searches nearby first, because there are many buckets. */
function firstFrom(x: (i: number) => number, limit: number, from: number, to: number): number {
  let low = from;
  for (let stride = 1; low < to && x(low) < limit; stride *= 2) {
    from = low + 1;
    low += stride;
  }
  let high = Math.min(low, to);
  while (from < high) {
    const middle = (from + high) >> 1;
    if (x(middle) < limit) from = middle + 1;
    else high = middle;
  }
  return from;
}

function pushBad(out: Series['bad'], x: number, kinds: number): void {
  if (kinds === 0) return;
  if (kinds & NAN) out.push({ x, kind: 'nan' });
  if (kinds & POS_INF) out.push({ x, kind: 'inf' });
  if (kinds & NEG_INF) out.push({ x, kind: '-inf' });
}

/** Returns every point as a bucket of its own. Both arrays are sorted by x. */
export function exactColumns(
  x: readonly number[],
  values: readonly number[],
  wanted: readonly SeriesColumn[] = SERIES_COLUMNS,
): Columns {
  const bad: Series['bad'] = [];
  values.forEach((value, i) => {
    if (!Number.isFinite(value)) pushBad(bad, x[i]!, badKind(value));
  });
  const nums = () => values.map(toNum);
  const finite = () => values.map(finiteOrNull);
  return columnsOf(wanted, bad, {
    x: () => [...x],
    first: nums,
    last: nums,
    min: finite,
    max: finite,
    n: () => values.map(() => 1),
  });
}

/** Builds only the requested columns. */
function columnsOf(
  wanted: readonly SeriesColumn[],
  bad: Series['bad'],
  build: { [C in SeriesColumn]: () => Series[C] },
): Columns {
  const out: Columns = { bad };
  const put = <C extends SeriesColumn>(column: C, values: Series[C]) => (out[column] = values as Columns[C]);
  for (const column of SERIES_COLUMNS) if (wanted.includes(column)) put(column, build[column]());
  return out;
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
