/** Parses JSON numbers directly from bytes. Most are short enough for a fast method that is exact. */

const ZERO = 0x30;
const NINE = 0x39;
const POINT = 0x2e;
const MINUS = 0x2d;
const PLUS = 0x2b;
/** The number of digits up to which their sum can be exact. */
const DIGITS = 16;
/** Powers of ten that are exact doubles, so that a product or quotient with one is rounded only once. */
const POWERS = Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

export const scanned = { value: 0 };

/** Reads the number at `from` into `scanned.value` as JSON.parse would. Returns where it ends; -1 if there is none. */
export function readNumber(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  const isNegative = bytes[at] === MINUS;
  if (isNegative) at++;
  const first = at;
  let sum = 0;
  let digit = at < to ? bytes[at]! : 0;
  if (digit < ZERO || digit > NINE) return -1;
  while (digit >= ZERO && digit <= NINE) {
    sum = sum * 10 + (digit - ZERO);
    digit = ++at < to ? bytes[at]! : 0;
  }
  let count = at - first;
  if (count > 1 && bytes[first] === ZERO) return -1;
  let power = 0;
  if (digit === POINT) {
    const point = at;
    digit = ++at < to ? bytes[at]! : 0;
    while (digit >= ZERO && digit <= NINE) {
      sum = sum * 10 + (digit - ZERO);
      digit = ++at < to ? bytes[at]! : 0;
    }
    power = at - point - 1;
    if (power === 0) return -1;
    // Leading zeros do not count as digits of the sum.
    if (bytes[first] === ZERO) count = power - zerosFrom(bytes, point + 1, at);
    else count += power;
  }
  let exponent = 0;
  if ((digit | 0x20) === 0x65) {
    digit = ++at < to ? bytes[at]! : 0;
    const isBelow = digit === MINUS;
    if (isBelow || digit === PLUS) digit = ++at < to ? bytes[at]! : 0;
    if (digit < ZERO || digit > NINE) return -1;
    while (digit >= ZERO && digit <= NINE) {
      // The exponent is not limited: it has to make up for any number of zeros behind the point.
      exponent = exponent * 10 + (digit - ZERO);
      digit = ++at < to ? bytes[at]! : 0;
    }
    if (isBelow) exponent = -exponent;
  }
  scanned.value = valueOf(bytes, from, at, isNegative, sum, count, exponent - power);
  return at;
}

function valueOf(
  bytes: Uint8Array,
  from: number,
  to: number,
  isNegative: boolean,
  sum: number,
  count: number,
  power: number,
): number {
  if (count > DIGITS || sum > Number.MAX_SAFE_INTEGER || power > 22 || power < -22)
    return Number((bytes as Buffer).toString('latin1', from, to));
  const value = power < 0 ? sum / POWERS[-power]! : sum * POWERS[power]!;
  return isNegative ? -value : value;
}

function zerosFrom(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && bytes[at] === ZERO) at++;
  return at - from;
}
