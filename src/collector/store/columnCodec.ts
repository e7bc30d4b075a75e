/**
 * Lossless encodings of a column of doubles, chosen by its values. A column is a version byte, a tag byte and a body that
 * depends on the tag; its length is stored separately. Decoding restores the same bits, even of NaN, infinities and -0.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { integerOffsets, integersFromOffsets, isSafeInteger, MAX_INTEGER } from './integerDeltas';
import { joinPlanes, shufflePlanes } from './bytePlanes';

/** A column whose values need no array: value i is first + i * stride. */
export interface Progression {
  first: number;
  stride: number;
}
/** Null if no point has a value. */
export type Column = Float64Array | Progression | null;

const VERSION = 1;
const ABSENT = 0;
const CONSTANT = 1;
const PROGRESSION = 2;
const INTEGERS = 3;
const DECIMALS = 4;
const FLOATS = 5;
const DOUBLES = 6;
const SPARSE = 7;
type Tag = typeof ABSENT | typeof CONSTANT | typeof PROGRESSION | typeof INTEGERS | typeof DECIMALS | typeof FLOATS;
type AnyTag = Tag | typeof DOUBLES | typeof SPARSE;

const MAX_DECIMALS = 8;
/** The number of values by which the encoding of a column is chosen. */
const SAMPLE = 512;
/** The fastest level, because higher ones save only about one percent on training curves. */
const DEFLATE_LEVEL = 1;

/** Encodes metric values, which may be any double. */
export function encodeValues(values: Float64Array): Uint8Array {
  if (isConstant(values)) return encodeConstant(values[0]!);
  const encoders = values.every(isSafeInteger) ? [encodeIntegers] : [encodeDecimals, encodeFloats];
  const sample = values.subarray(0, SAMPLE);
  const best = encoders
    .map((encode) => ({ encode, size: encode(sample)?.length ?? Infinity }))
    .sort((a, b) => a.size - b.size);
  for (const { encode, size } of best) {
    const encoded = size < Infinity ? encode(values) : null;
    if (encoded) return encoded;
  }
  return encodeDoubles(values);
}

/** Encodes steps, epochs or times: mostly integers, NaN where a point has none. */
export function encodeAxis(values: Float64Array): Uint8Array {
  const count = countPresent(values);
  if (count === 0) return tagged(ABSENT);
  if (count === values.length) return encodeValues(values);
  const present = values.filter((value) => !Number.isNaN(value));
  const bits = new Uint8Array(Math.ceil(values.length / 8));
  values.forEach((value, i) => {
    if (!Number.isNaN(value)) bits[i >> 3]! |= 1 << (i & 7);
  });
  return tagged(SPARSE, bits, encodeValues(present));
}

export function decodeColumn(bytes: Uint8Array, n: number): Column {
  if (bytes[0] !== VERSION) throw new Error(`Column of version ${bytes[0]}, this program reads ${VERSION}`);
  const body = bytes.subarray(2);
  switch (bytes[1] as AnyTag) {
    case ABSENT:
      return null;
    case CONSTANT:
      return { first: readDouble(body, 0), stride: 0 };
    case PROGRESSION:
      return { first: readDouble(body, 0), stride: readDouble(body, 8) };
    case INTEGERS:
      return decodeIntegers(body, n);
    case DECIMALS:
      return decodeDecimals(body, n);
    case FLOATS:
      return new Float64Array(new Float32Array(decodePlanes(body, n, 4).buffer));
    case DOUBLES:
      return new Float64Array(decodePlanes(body, n, 8).buffer);
    case SPARSE:
      return decodeSparse(body, n);
    default:
      throw new Error(`Unknown column encoding ${bytes[1]}`);
  }
}

/** The column's values: its own array if it has one, else `out` filled with them. */
export function columnValues(column: Column, n: number, out?: Float64Array): Float64Array {
  if (column instanceof Float64Array) return column;
  const values = out ? out.subarray(0, n) : new Float64Array(n);
  if (column === null || column.stride === 0) return values.fill(column === null ? NaN : column.first);
  for (let i = 0; i < n; i++) values[i] = column.first + i * column.stride;
  return values;
}

function countPresent(values: Float64Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (values[i] === values[i]) count++;
  return count;
}

function tagged(tag: AnyTag, ...parts: Uint8Array[]): Uint8Array {
  return Buffer.concat([Uint8Array.of(VERSION, tag), ...parts]);
}

function isConstant(values: Float64Array): boolean {
  const first = values[0]!;
  for (let i = 1; i < values.length; i++) if (!Object.is(values[i], first)) return false;
  return true;
}

function encodeConstant(value: number): Uint8Array {
  return tagged(CONSTANT, doubles(value));
}

function doubles(...values: number[]): Uint8Array {
  const bytes = Buffer.alloc(values.length * 8);
  values.forEach((value, i) => bytes.writeDoubleLE(value, i * 8));
  return bytes;
}

function readDouble(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat64(at, true);
}

// ---- integers: delta or delta of delta, zig-zag, in as many byte planes as the largest one needs

function encodeIntegers(values: Float64Array): Uint8Array | null {
  const stride = values[1]! - values[0]!;
  if (values.every((value, i) => value === values[0]! + i * stride)) {
    return tagged(PROGRESSION, doubles(values[0]!, stride));
  }
  const body = integerBody(values);
  return body && tagged(INTEGERS, body);
}

function integerBody(values: Float64Array): Uint8Array | null {
  const deltas = integerOffsets(values);
  if (deltas === null) return null;
  const { order, first, offsets, width } = deltas;
  const planes = new Uint8Array(offsets.length * width);
  for (let i = 0; i < offsets.length; i++) {
    let rest = offsets[i]!;
    for (let plane = 0; plane < width; plane++) {
      planes[plane * offsets.length + i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
  }
  return Buffer.concat([Uint8Array.of(order, width), doubles(...first), squeeze(planes)]);
}

function decodeIntegers(body: Uint8Array, n: number): Float64Array {
  const order = body[0]!;
  const width = body[1]!;
  const first = Array.from({ length: order }, (_, i) => readDouble(body, 2 + i * 8));
  const count = n - order;
  const planes = unsqueeze(body.subarray(2 + order * 8), count * width);
  const offsets = new Float64Array(count);
  for (let plane = width - 1; plane >= 0; plane--) {
    for (let i = 0; i < count; i++) offsets[i] = offsets[i]! * 256 + planes[plane * count + i]!;
  }
  return integersFromOffsets(first, offsets);
}

// ---- decimals: a value rounded to a few digits is an integer divided by a power of ten

function encodeDecimals(values: Float64Array): Uint8Array | null {
  const digits = decimalDigits(values);
  if (digits === null) return null;
  const scale = 10 ** digits;
  const body = integerBody(values.map((value) => Math.round(value * scale)));
  return body && tagged(DECIMALS, Uint8Array.of(digits), body);
}

/** The number of decimal places that restores all values exactly; null if it is above the limit. */
function decimalDigits(values: Float64Array): number | null {
  let digits = 0;
  for (const value of values) {
    while (!isDecimal(value, digits)) if (++digits > MAX_DECIMALS) return null;
  }
  // More digits may round earlier values differently, so all values are checked again.
  return values.every((value) => isDecimal(value, digits)) ? digits : null;
}

function isDecimal(value: number, digits: number): boolean {
  // Adding 0 turns -0 into 0, so that -0 is found not to be a decimal.
  const scaled = Math.round(value * 10 ** digits) + 0;
  return Math.abs(scaled) <= MAX_INTEGER && Object.is(scaled / 10 ** digits, value);
}

function decodeDecimals(body: Uint8Array, n: number): Float64Array {
  const scale = 10 ** body[0]!;
  const values = decodeIntegers(body.subarray(1), n);
  for (let i = 0; i < n; i++) values[i]! /= scale;
  return values;
}

// ---- doubles, and floats of single precision: bytes of one significance together, then deflate

const fround = new Float32Array(1);

function encodeFloats(values: Float64Array): Uint8Array | null {
  for (const value of values) {
    fround[0] = value;
    if (!Object.is(fround[0], value)) return null;
  }
  return tagged(FLOATS, encodePlanes(new Uint8Array(new Float32Array(values).buffer), 4));
}

function encodeDoubles(values: Float64Array): Uint8Array {
  return tagged(DOUBLES, encodePlanes(new Uint8Array(values.slice().buffer), 8));
}

const PLAIN = 0;
const XOR = 1;
const RAW = 2;

function encodePlanes(bytes: Uint8Array, width: number): Uint8Array {
  const sample = bytes.subarray(0, SAMPLE * width);
  const best = [PLAIN, XOR]
    .map((mode) => ({ mode, size: squeeze(shufflePlanes(sample, width, mode === XOR)).length }))
    .reduce((a, b) => (b.size < a.size ? b : a)).mode;
  const packed = squeeze(shufflePlanes(bytes, width, best === XOR));
  return packed.length <= bytes.length
    ? Buffer.concat([Uint8Array.of(best), packed])
    : Buffer.concat([Uint8Array.of(RAW), bytes]);
}

function decodePlanes(body: Uint8Array, n: number, width: number): Uint8Array {
  const rest = body.subarray(1);
  if (body[0] === RAW) return new Uint8Array(rest);
  return joinPlanes(unsqueeze(rest, n * width), width, body[0] === XOR);
}

function decodeSparse(body: Uint8Array, n: number): Float64Array {
  const bitBytes = Math.ceil(n / 8);
  const isPresent = (i: number) => (body[i >> 3]! >> (i & 7)) & 1;
  let count = 0;
  for (let i = 0; i < n; i++) count += isPresent(i);
  const present = columnValues(decodeColumn(body.subarray(bitBytes), count), count);
  const values = new Float64Array(n).fill(NaN);
  for (let i = 0, at = 0; i < n; i++) if (isPresent(i)) values[i] = present[at++]!;
  return values;
}

// ---- deflate, where it helps; the first byte says whether it did

function squeeze(bytes: Uint8Array): Uint8Array {
  const packed = deflateRawSync(bytes, { level: DEFLATE_LEVEL });
  return packed.length < bytes.length
    ? Buffer.concat([Uint8Array.of(1), packed])
    : Buffer.concat([Uint8Array.of(0), bytes]);
}

function unsqueeze(bytes: Uint8Array, length: number): Uint8Array {
  const body = bytes.subarray(1);
  const plain = bytes[0] === 1 ? inflateRawSync(body, { maxOutputLength: Math.max(length, 1) }) : body;
  if (plain.length !== length) throw new Error(`Column of ${plain.length} bytes, ${length} expected`);
  return plain;
}
