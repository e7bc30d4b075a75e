/** A series as a chart draws it. */
import type { Series } from '../../src/protocol/rows';
import { toNumber } from '../../src/domain/format';
import { smooth } from './smoothing';

export interface Curve {
  run_id: string;
  key: string;
  worker: string;
  /** Place of the worker among those of this run and key. */
  workerIndex: number;
  x: number[];
  /** What was logged; the last value where a bucket holds several. NaN where it was not finite. */
  y: number[];
  /** What is drawn as the line. */
  line: number[];
  /** Extremes of each bucket, null when every bucket holds one point: no spike is hidden. */
  band: { min: number[]; max: number[] } | null;
  bad: Series['bad'];
}

/** `positive` leaves out what a logarithmic axis cannot show. */
export function toCurve(series: Series, workerIndex: number, smoothing: number, positive: boolean): Curve {
  const fit = (value: number): number => (Number.isFinite(value) && (!positive || value > 0) ? value : NaN);
  const y = series.last.map((value) => fit(toNumber(value)));
  return {
    run_id: series.run_id,
    key: series.key,
    worker: series.worker,
    workerIndex,
    x: series.x,
    y,
    line: smoothing > 0 ? smooth(y, smoothing) : y,
    band: series.exact
      ? null
      : { min: series.min.map((value) => fit(value ?? NaN)), max: series.max.map((value) => fit(value ?? NaN)) },
    bad: series.bad,
  };
}

/** Extent of all x, null when there is none. */
export function xExtent(curves: readonly Curve[]): { from: number; to: number } | null {
  let from = Infinity;
  let to = -Infinity;
  for (const { x } of curves) {
    from = Math.min(from, x[0] ?? Infinity);
    to = Math.max(to, x[x.length - 1] ?? -Infinity);
  }
  return from <= to ? { from, to } : null;
}

/** Extent of what is visible in y within [from, to], raw values and bands included. */
export function yExtent(curves: readonly Curve[], from: number, to: number): { min: number; max: number } | null {
  let min = Infinity;
  let max = -Infinity;
  for (const curve of curves) {
    for (let i = 0; i < curve.x.length; i++) {
      const x = curve.x[i]!;
      if (x < from || x > to) continue;
      const low = curve.band?.min[i] ?? curve.y[i]!;
      const high = curve.band?.max[i] ?? curve.y[i]!;
      if (low < min) min = low;
      if (high > max) max = high;
    }
  }
  return min <= max ? { min, max } : null;
}

const CLIPPED = 0.02;

/** Extent of the lines within [from, to] without the most extreme values at either end. */
export function commonExtent(curves: readonly Curve[], from: number, to: number): { min: number; max: number } | null {
  const values: number[] = [];
  for (const curve of curves) {
    for (let i = 0; i < curve.x.length; i++) {
      const value = curve.line[i]!;
      if (curve.x[i]! >= from && curve.x[i]! <= to && !Number.isNaN(value)) values.push(value);
    }
  }
  if (values.length === 0) return null;
  values.sort((a, b) => a - b);
  const cut = Math.floor(values.length * CLIPPED);
  return { min: values[cut]!, max: values[values.length - 1 - cut]! };
}
