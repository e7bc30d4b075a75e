/**
 * Encodes integer columns as zig-zag differences of first or second order, so that small ones become small positive
 * numbers.
 */

/** Differences of integers up to this size are exact in a double. */
export const MAX_INTEGER = 2 ** 52;

export function isSafeInteger(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) <= MAX_INTEGER && !Object.is(value, -0);
}

export interface IntegerOffsets {
  /** How many times differences were taken, which is also the number of values in `first`. */
  order: number;
  first: number[];
  offsets: Float64Array;
  /** The number of bytes that the largest offset needs. */
  width: number;
}

/** Returns null if the differences are too large for an exact zig-zag. */
export function integerOffsets(values: Float64Array): IntegerOffsets | null {
  const deltas = differences(values);
  const second = differences(deltas);
  const steady = second.length > 0 && magnitude(second) < magnitude(deltas);
  const offsets = (steady ? second : deltas).map(zigZag);
  const first = steady ? [values[0]!, deltas[0]!] : [values[0]!];
  let width = 1;
  for (const offset of offsets) {
    if (offset > Number.MAX_SAFE_INTEGER) return null;
    while (offset >= 256 ** width) width++;
  }
  return { order: first.length, first, offsets, width };
}

export function integersFromOffsets(first: number[], offsets: Float64Array): Float64Array {
  const order = first.length;
  const values = new Float64Array(offsets.length + order);
  values[0] = first[0]!;
  if (order === 2) values[1] = values[0] + first[1]!;
  let delta = order === 2 ? first[1]! : 0;
  for (let i = 0; i < offsets.length; i++) {
    const change = unZigZag(offsets[i]!);
    delta = order === 2 ? delta + change : change;
    values[i + order] = values[i + order - 1]! + delta;
  }
  return values;
}

function differences(values: Float64Array): Float64Array {
  const out = new Float64Array(Math.max(values.length - 1, 0));
  for (let i = 0; i < out.length; i++) out[i] = values[i + 1]! - values[i]!;
  return out;
}

function magnitude(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += Math.log2(1 + Math.abs(value));
  return sum;
}

function zigZag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

function unZigZag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
