import { describe, expect, it } from 'vitest';
import { columnValues, decodeColumn, encodeAxis, encodeValues } from '../../../../src/collector/store/columnCodec';
import { mulberry32, readCurves } from './storeFixtures';

function roundTrip(values: number[] | Float64Array, encode = encodeValues): number {
  const column = Float64Array.from(values);
  const bytes = encode(column);
  const back = columnValues(decodeColumn(bytes, column.length), column.length);
  expect(back.length).toBe(column.length);
  for (let i = 0; i < column.length; i++) {
    if (!Object.is(back[i], column[i])) expect(`[${i}] ${back[i]}`).toBe(`[${i}] ${column[i]}`);
  }
  return bytes.length;
}

const odd = [
  NaN,
  Infinity,
  -Infinity,
  -0,
  0,
  5e-324,
  -2.2e-308,
  Number.MAX_VALUE,
  Number.MIN_VALUE,
  2 ** 53,
  -(2 ** 53),
  0.1,
];

describe('column codec', () => {
  it('restores every value of real training curves', () => {
    for (const name of ['run-00', 'run-04']) {
      for (const curve of readCurves(name).values()) {
        roundTrip(curve.value);
        roundTrip(curve.ts, encodeAxis);
        roundTrip(curve.step, encodeAxis);
        roundTrip(curve.epoch, encodeAxis);
      }
    }
  });

  it('restores NaN, infinities, -0, denormals and huge values, alone and mixed', () => {
    for (const value of odd) {
      roundTrip([value]);
      roundTrip([value, value, value]);
      roundTrip([1, value]);
      roundTrip([value, 2, 3, 4.5]);
    }
    roundTrip(odd);
    roundTrip([...odd, ...odd].reverse());
  });

  it('restores random columns of every kind and length', () => {
    const random = mulberry32(7);
    const kinds: ((i: number) => number)[] = [
      () => random(),
      () => Math.fround(random() * 1e6),
      () => Math.round(random() * 1e4) / 1e3,
      () => Math.floor((random() - 0.5) * 2 ** 52),
      () => Math.floor((random() - 0.5) * 2 ** 54),
      (i) => 1_700_000_000_000_000 + i * 1_000_000 + Math.floor(random() * 2000),
      (i) => -5 * i,
      (i) => (i % 7 === 0 ? -0 : i),
      (i) => (i < 900 ? 0.5 : random()),
      (i) => (random() < 0.1 ? odd[i % odd.length]! : Math.round(random() * 100) / 100),
    ];
    for (const kind of kinds) {
      for (const n of [1, 2, 3, 17, 255, 512, 1000, 4096]) roundTrip(Array.from({ length: n }, (_, i) => kind(i)));
    }
  });

  it('remembers which points have no step', () => {
    roundTrip([NaN, NaN, NaN], encodeAxis);
    roundTrip([1, NaN, 3, NaN, NaN, 10, 11, 12, 13], encodeAxis);
    roundTrip(
      Array.from({ length: 4096 }, (_, i) => (i % 3 ? i : NaN)),
      encodeAxis,
    );
    expect(decodeColumn(encodeAxis(new Float64Array(9).fill(NaN)), 9)).toBeNull();
  });

  it('stores regular steps in a few bytes', () => {
    expect(
      roundTrip(
        Array.from({ length: 4096 }, (_, i) => 100 + i * 10),
        encodeAxis,
      ),
    ).toBeLessThan(24);
  });

  it('refuses bytes that it does not understand', () => {
    expect(() => decodeColumn(Uint8Array.of(9, 1), 3)).toThrow(/version 9/);
    expect(() => decodeColumn(Uint8Array.of(1, 200), 3)).toThrow(/encoding 200/);
    const bytes = encodeValues(Float64Array.from({ length: 100 }, () => Math.random()));
    expect(() => decodeColumn(bytes, 99)).toThrow();
  });
});
