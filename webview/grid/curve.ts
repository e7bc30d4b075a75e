/** A line as a chart draws it: what it belongs to, its points, and the band around it. */
import type { PanelSeries } from '../../src/protocol/panel';
import { smooth } from './smoothing';
import { firstAtOrAfter } from '../model/seriesTail';

/** What a line is made from. `low` and `high` are the extremes that a point stands for. NaN: no value. */
export interface CurvePoints {
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  low: ArrayLike<number>;
  high: ArrayLike<number>;
  /** Each point stands for a single value, so there is no band. */
  exact: boolean;
  bad: PanelSeries['bad'];
  /** How many curves a mean is taken over, per point. */
  n?: number[];
}

export interface CurveLook {
  run_id: string;
  /** The metric or expression. */
  key: string;
  worker: string;
  label: string;
  color: number;
  dash: number;
  /** A further worker, drawn fainter than the first. */
  faint: boolean;
}

export interface Curve extends CurveLook {
  x: ArrayLike<number>;
  /** False where another metric lies along x. */
  ascending: boolean;
  /** What was logged; the last value where a bucket holds several. NaN where it was not finite. */
  y: number[];
  /** What is drawn as the line. */
  line: number[];
  /** What is shaded: extremes of each bucket, so that no spike is hidden, or the spread around a mean. */
  band: { min: number[]; max: number[] } | null;
  n: number[] | null;
  bad: PanelSeries['bad'];
}

export function pointsOf(series: PanelSeries): CurvePoints {
  return { x: series.x, y: series.last, low: series.min, high: series.max, exact: series.exact, bad: series.bad };
}

/** `positive` leaves out what a logarithmic axis cannot show. */
export function toCurve(points: CurvePoints, look: CurveLook, smoothing: number, positive: boolean): Curve {
  const fit = (value: number): number => (Number.isFinite(value) && (!positive || value > 0) ? value : NaN);
  const y = Array.from(points.y, fit);
  return {
    ...look,
    x: points.x,
    ascending: isAscending(points.x),
    y,
    line: smoothing > 0 ? smooth(y, smoothing) : y,
    band: points.exact ? null : { min: lower(points, y, positive), max: Array.from(points.high, fit) },
    n: points.n ?? null,
    bad: points.bad,
  };
}

/** A spread that reaches below zero goes down to the lowest value that a logarithmic axis has to show. */
function lower({ low, n }: CurvePoints, y: number[], positive: boolean): number[] {
  const floor = positive && n !== undefined ? smallest(y) : NaN;
  return Array.from(low, (value) => (!Number.isFinite(value) ? NaN : positive && value <= 0 ? floor : value));
}

function smallest(values: number[]): number {
  const least = values.reduce((least, value) => (value < least ? value : least), Infinity);
  return Number.isFinite(least) ? least : NaN;
}

function isAscending(x: ArrayLike<number>): boolean {
  for (let i = 1; i < x.length; i++) if (x[i]! < x[i - 1]!) return false;
  return true;
}

/** Extent of all x, null when there is none. */
export function xExtent(curves: readonly Curve[]): { from: number; to: number } | null {
  let from = Infinity;
  let to = -Infinity;
  for (const { x, ascending } of curves) {
    for (const at of ascending ? [x[0], x[x.length - 1]] : Array.from(x)) {
      if (at === undefined) continue;
      from = Math.min(from, at);
      to = Math.max(to, at);
    }
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

/** Index of the point nearest in x, −1 when there is none. */
export function nearestIndex({ x, ascending }: Pick<Curve, 'x' | 'ascending'>, at: number): number {
  if (x.length === 0) return -1;
  if (!ascending) {
    let best = 0;
    for (let i = 1; i < x.length; i++) if (Math.abs(x[i]! - at) < Math.abs(x[best]! - at)) best = i;
    return best;
  }
  const after = firstAtOrAfter(x, at);
  if (after === 0) return 0;
  if (after === x.length) return x.length - 1;
  return at - x[after - 1]! <= x[after]! - at ? after - 1 : after;
}
