/** Combines several curves: at each x, their mean, their spread, and the number of curves that contribute. */

/** A curve; values are NaN where there are none. `x` ascends; `low` and `high` are the extremes that a point summarises. */
export interface SpreadMember {
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  low: ArrayLike<number>;
  high: ArrayLike<number>;
}

export interface Spread {
  x: number[];
  mean: number[];
  /** The standard deviation of a sample; 0 for a single value. */
  std: number[];
  low: number[];
  high: number[];
  n: number[];
}

/** Which members have to have a value for a mean to exist. */
export type Meeting =
  /** Every member has a point at exactly that x. */
  | 'exact'
  /** Every member has begun and none has ended; between two points, values are interpolated linearly. */
  | 'all'
  /** At least one member has a value. */
  | 'any';

/** The union of the members' x, thinned evenly to at most `points`. */
export function spreadOf(members: readonly SpreadMember[], meeting: Meeting, points: number): Spread {
  const out: Spread = { x: [], mean: [], std: [], low: [], high: [], n: [] };
  if (members.length === 0) return out;
  const at = members.map(() => 0);
  for (const x of thinned(union(members), points)) {
    const values: number[] = [];
    let low = Infinity;
    let high = -Infinity;
    members.forEach((member, m) => {
      while (at[m]! < member.x.length && member.x[at[m]!]! < x) at[m]!++;
      const i = at[m]!;
      if (meeting === 'exact' && member.x[i] !== x) return;
      const value = valueAt(member, member.y, i, x);
      if (Number.isNaN(value)) return;
      values.push(value);
      low = Math.min(low, orElse(valueAt(member, member.low, i, x), value));
      high = Math.max(high, orElse(valueAt(member, member.high, i, x), value));
    });
    if (values.length === 0 || (meeting !== 'any' && values.length < members.length)) continue;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    out.x.push(x);
    out.mean.push(mean);
    out.std.push(values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0);
    out.low.push(low);
    out.high.push(high);
    out.n.push(values.length);
  }
  return out;
}

/** Interpolates between point i − 1 and point i; NaN outside the member and next to its gaps. */
function valueAt(member: SpreadMember, column: ArrayLike<number>, i: number, x: number): number {
  const right = member.x[i];
  if (right === undefined) return NaN;
  if (right === x) return column[i]!;
  if (i === 0) return NaN;
  const left = member.x[i - 1]!;
  const share = (x - left) / (right - left);
  return column[i - 1]! * (1 - share) + column[i]! * share;
}

function orElse(value: number, other: number): number {
  return Number.isNaN(value) ? other : value;
}

function union(members: readonly SpreadMember[]): number[] {
  const all = new Set<number>();
  for (const { x } of members) for (let i = 0; i < x.length; i++) all.add(x[i]!);
  return [...all].sort((a, b) => a - b);
}

/** Keeps the first value of each of `points` equal parts. */
function thinned(xs: number[], points: number): number[] {
  if (xs.length <= points) return xs;
  const from = xs[0]!;
  const width = (xs[xs.length - 1]! - from) / points;
  let part = -1;
  return xs.filter((x) => {
    const now = Math.floor((x - from) / width);
    if (now === part) return false;
    part = now;
    return true;
  });
}
