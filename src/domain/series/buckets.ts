/**
 * Buckets of a series. Their width is a power of two and their borders are multiples of it, whatever range is asked:
 * so a point that is appended changes the last bucket only, and two requests of one resolution share their borders.
 */
import type { Num } from '../../protocol/events';
import type { Series } from '../../protocol/rows';
import { badKind, NAN, NEG_INF, POS_INF, type Extremes } from './extremes';

/** What one bucket holds of each series; also what is known of a stored chunk without decoding it. */
export interface BucketPart {
  n: number;
  /** Of the point with the smallest x, the earliest among equals; and with the largest, the latest among equals. */
  firstX: number;
  first: number;
  lastX: number;
  last: number;
  /** Over finite values; Infinity and -Infinity when there are none. */
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

/** The number of the bucket that x is in. Dividing by a power of two is exact. */
export function bucketIndex(x: number, k: number): number {
  return Math.floor(x / 2 ** k);
}

/** Of all borders above lo, up to hi, the one that the widest buckets have. NaN where there is none. */
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

type Columns = Pick<Series, 'x' | 'first' | 'last' | 'min' | 'max' | 'n' | 'bad'>;

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

  /** Points from … to of a column; x ascends. Callers keep x inside the range. */
  addSorted(x: (i: number) => number, values: Float64Array, extremes: Extremes, from: number, to: number): void {
    const width = 2 ** this.k;
    for (let i = from; i < to;) {
      const index = bucketIndex(x(i), this.k);
      const end = firstFrom(x, (index + 1) * width, i + 1, to);
      const at = index - this.base;
      const { min, max, bad } = extremes.look(i, end);
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

  /** A whole chunk that lies in one bucket. */
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

  /** The filled buckets with number `from` or more. */
  columns(from = -Infinity): Columns {
    const out: Columns = { x: [], first: [], last: [], min: [], max: [], n: [], bad: [] };
    for (let at = 0; at < this.count; at++) {
      if (this.n[at] === 0 || at + this.base < from) continue;
      const x = this.firstX[at]!;
      out.x.push(x);
      out.first.push(toNum(this.first[at]!));
      out.last.push(toNum(this.last[at]!));
      const min = this.min[at]!;
      out.min.push(min === Infinity ? null : min);
      const max = this.max[at]!;
      out.max.push(max === -Infinity ? null : max);
      out.n.push(this.n[at]!);
      pushBad(out.bad, x, this.bad[at]!);
    }
    return out;
  }
}

/** The first i in [from, to) whose x is `limit` or more, else `to`: it is looked for nearby first, because buckets are many. */
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

/** Every point by itself. The arrays are in order of x. */
export function exactColumns(xs: ArrayLike<number>, values: ArrayLike<number>): Columns {
  const out: Columns = { x: [], first: [], last: [], min: [], max: [], n: [], bad: [] };
  for (let i = 0; i < xs.length; i++) {
    const x = xs[i]!;
    const value = values[i]!;
    const finite = Number.isFinite(value);
    out.x.push(x);
    out.first.push(toNum(value));
    out.last.push(toNum(value));
    out.min.push(finite ? value : null);
    out.max.push(finite ? value : null);
    out.n.push(1);
    if (!finite) pushBad(out.bad, x, badKind(value));
  }
  return out;
}
