/** What the cursor points at: for every curve the point nearest in x. */
import { type Curve, nearestIndex } from './curve';

export interface CursorValue {
  curve: Curve;
  index: number;
  x: number;
  /** The drawn (smoothed) value. */
  value: number;
  raw: number;
}

/** Highest value first; gaps (NaN) at the end. Curves that ended more than `reach` before or start after are left out. */
export function cursorValues(curves: readonly Curve[], at: number, reach: number): CursorValue[] {
  const values: CursorValue[] = [];
  for (const curve of curves) {
    const index = nearestIndex(curve, at);
    const x = curve.x[index];
    if (x === undefined || Math.abs(x - at) > Math.max(reach, gapAround(curve.x, index))) continue;
    values.push({ curve, index, x, value: curve.line[index]!, raw: curve.y[index]! });
  }
  return values.sort((a, b) => order(b.value) - order(a.value));
}

/** The value nearest to a height, to be named first. */
export function nearestInValue(values: readonly CursorValue[], y: number): CursorValue | undefined {
  let best: CursorValue | undefined;
  for (const value of values) {
    if (Number.isNaN(value.value)) continue;
    if (best === undefined || Math.abs(value.value - y) < Math.abs(best.value - y)) best = value;
  }
  return best;
}

function gapAround(x: ArrayLike<number>, index: number): number {
  const here = x[index]!;
  return Math.max(here - (x[index - 1] ?? here), (x[index + 1] ?? here) - here);
}

function order(value: number): number {
  return Number.isNaN(value) ? -Infinity : value;
}
