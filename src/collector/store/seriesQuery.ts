/** Answers requests for series from the fragments of a run. */
import type { SeriesRequest } from '../../protocol/api';
import type { Series, SeriesColumn } from '../../protocol/rows';
import { bucketExponent, bucketIndex, Buckets, exactColumns, type Columns } from '../../domain/series/buckets';
import { Extremes } from '../../domain/series/extremes';
import { meanOfWorkers, type WorkerPoints } from '../../domain/series/mean';
import { SentSnapshots, type SentSnapshot } from './sentSnapshots';
import {
  axisOf,
  bucketPart,
  readSegment,
  segmentsOf,
  smallestX,
  STEP_AXIS,
  type Axis,
  type PointReader,
  type Segment,
} from './curveReader';
import type { Curve, FragmentIndex } from './fragmentIndex';

/** The worker of a series that is the mean of all workers. */
export const MEAN_WORKER = 'mean';

interface Points {
  x: number[];
  value: number[];
}

export class SeriesQuery {
  private readonly sent = new SentSnapshots();

  constructor(private readonly index: FragmentIndex) {}

  answer(request: SeriesRequest, startedMs: number, rev: number): Series[] {
    return request.keys.flatMap((key) => {
      const curves = this.index.curves(key).filter((curve) => !request.worker || curve.worker === request.worker);
      if (request.aggregate === 'mean')
        return curves.length > 0 ? [this.mean(request, key, curves, startedMs, rev)] : [];
      return curves.map((curve) => this.curve(request, curve, startedMs, rev));
    });
  }

  private curve(request: SeriesRequest, curve: Curve, startedMs: number, rev: number): Series {
    const axis = axisOf(request.x, curve, startedMs);
    const segments = segmentsOf(curve, axis);
    const last = segments.findLast((segment) => segment.hi >= segment.lo);
    const from = Math.max(request.from ?? -Infinity, Math.min(...segments.map((segment) => segment.lo)));
    const to = Math.min(request.to ?? Infinity, last?.hi ?? -Infinity);
    const exact = countUpTo(segments, axis, from, to, request.points) <= request.points;
    const k = exact ? null : bucketExponent(from, to, request.points);
    const snapshot: SentSnapshot = {
      rev,
      k,
      fragments: segments.map(({ base, fragments }) => ({ base, counts: fragments.map((p) => p.count) })),
    };
    const question = { request, worker: curve.worker, key: curve.key, startedMs, axis: axis.kind };
    const before = request.since === undefined ? null : this.sent.take(question, request.since);
    this.sent.keep(question, snapshot);
    const tail = before && tailStart(before, snapshot, segments, axis, to);
    const columns = readColumns(segments, axis, Math.max(tail ?? from, from), to, k, request.columns);
    const about = { run_id: request.run_id, key: curve.key, worker: curve.worker, exact, rev };
    return seriesOf(tail === null ? about : { ...about, tail_from: tail }, columns);
  }

  private mean(request: SeriesRequest, key: string, curves: Curve[], startedMs: number, rev: number): Series {
    const all = meanOfWorkers(curves.map((curve) => workerPoints(curve, axisOf(request.x, curve, startedMs))));
    const { x, value } = within(sortByX(all), request.from ?? -Infinity, request.to ?? Infinity);
    const exact = x.length <= request.points;
    const about = { run_id: request.run_id, key, worker: MEAN_WORKER, exact, rev };
    if (exact) return seriesOf(about, exactColumns(x, value, request.columns));
    const from = x[0]!;
    const to = x[x.length - 1]!;
    const buckets = new Buckets(from, to, bucketExponent(from, to, request.points));
    const values = Float64Array.from(value);
    buckets.addSorted((i) => x[i]!, values, new Extremes(values), 0, x.length);
    return seriesOf(about, buckets.columns(request.columns));
  }
}

/** The type lists all columns, though some may be absent: a client that did not request them does not read them. */
function seriesOf(about: Omit<Series, keyof Columns>, columns: Columns): Series {
  return { ...about, ...columns } as Series;
}

/** The number of visible points in the range; any number above `limit` only means that there are more. */
function countUpTo(segments: Segment[], axis: Axis, from: number, to: number, limit: number): number {
  let count = 0;
  const reader: PointReader = {
    chunk: (chunk) => {
      count += chunk.n;
      return true;
    },
    points: (run) => {
      count += run.to - run.from;
    },
  };
  for (const segment of segments) {
    if (count <= limit) readSegment(segment, axis, from, to, reader);
  }
  return count;
}

/** Every point is its own row if `k` is null. */
function readColumns(
  segments: Segment[],
  axis: Axis,
  from: number,
  to: number,
  k: number | null,
  wanted: readonly SeriesColumn[] | undefined,
): Columns {
  if (k === null) {
    const { x, value } = readPoints(segments, axis, from, to);
    return exactColumns(x, value, wanted);
  }
  const buckets = new Buckets(from, to, k);
  const reader: PointReader = {
    chunk: (chunk, range) => {
      const inOne = bucketIndex(range.lo, k) === bucketIndex(range.hi, k);
      if (inOne) buckets.addPart(bucketPart(chunk, range));
      return inOne;
    },
    points: (run) => buckets.addSorted(run.x, run.values(), run.extremes(), run.from, run.to),
  };
  for (const segment of segments) readSegment(segment, axis, from, to, reader);
  return buckets.columns(wanted);
}

function readPoints(segments: Segment[], axis: Axis, from: number, to: number): Points {
  const points: Points = { x: [], value: [] };
  const reader: PointReader = {
    points: (run) => {
      const values = run.values();
      for (let i = run.from; i < run.to; i++) {
        points.x.push(run.x(i));
        points.value.push(values[i]!);
      }
    },
  };
  for (const segment of segments) readSegment(segment, axis, from, to, reader);
  return sortByX(points);
}

function workerPoints(curve: Curve, axis: Axis): WorkerPoints {
  const points: WorkerPoints = { step: [], x: [], value: [] };
  const reader: PointReader = {
    points: (run) => {
      const values = run.values();
      const on = axis.kind === 'step' ? null : run.on(axis);
      for (let i = run.from; i < run.to; i++) {
        points.step.push(run.x(i));
        points.x.push(on ? on[i]! : run.x(i));
        points.value.push(values[i]!);
      }
    },
  };
  for (const segment of segmentsOf(curve, STEP_AXIS)) readSegment(segment, STEP_AXIS, -Infinity, Infinity, reader);
  const order = stableOrder(points.step);
  if (!order) return points;
  const pick = (values: number[]) => order.map((i) => values[i]!);
  return { step: pick(points.step), x: pick(points.x), value: pick(points.value) };
}

function sortByX(points: Points): Points {
  const order = stableOrder(points.x);
  return order ? { x: order.map((i) => points.x[i]!), value: order.map((i) => points.value[i]!) } : points;
}

/** Returns null if the values ascend already. */
function stableOrder(xs: number[]): number[] | null {
  if (xs.every((x, i) => i === 0 || x >= xs[i - 1]!)) return null;
  return xs.map((_, i) => i).sort((a, b) => xs[a]! - xs[b]!);
}

function within(points: Points, from: number, to: number): Points {
  const keep = points.x.map((x) => x >= from && x <= to);
  return { x: points.x.filter((_, i) => keep[i]), value: points.value.filter((_, i) => keep[i]) };
}

/**
 * The x from which an answer differs from an earlier one to the same question; null if it has to be sent whole. Fragments and
 * the bases of their ordinals are the same and have only grown, so that no point before that x has moved.
 */
function tailStart(
  before: SentSnapshot,
  now: SentSnapshot,
  segments: Segment[],
  axis: Axis,
  to: number,
): number | null {
  if (before.k !== now.k || before.fragments.length !== now.fragments.length) return null;
  let smallest = to;
  for (const [i, { base, fragments }] of segments.entries()) {
    const earlier = before.fragments[i]!;
    if (earlier.base !== base || earlier.counts.length !== fragments.length) return null;
    for (const [at, fragment] of fragments.entries()) {
      const count = earlier.counts[at]!;
      if (fragment.count > count) smallest = Math.min(smallest, smallestX(fragment, axis, base, count));
    }
  }
  if (!Number.isFinite(smallest)) return null;
  return now.k === null ? smallest : bucketIndex(smallest, now.k) * 2 ** now.k;
}
