/** What the store must answer, computed from all points in the simplest way. */
import type { Num } from '../../../../src/protocol/events';
import type { Summary } from '../../../../src/protocol/rows';

export interface NaivePoint {
  writer: string;
  worker: string;
  attempt: number;
  key: string;
  value: number;
  step: number | null;
  epoch: number | null;
  ts: number;
}

export type NaiveAxis = 'step' | 'epoch' | 'relative' | 'wall';

interface Placed {
  x: number;
  value: number;
  ts: number;
  point: NaivePoint;
}

/** Visible points of one worker and key in order of x. `points` are in the order in which each writer logged them. */
export function visiblePoints(points: NaivePoint[], axis: NaiveAxis, startedMs: number): Placed[] {
  const attempts = [...new Set(points.map((point) => point.attempt))].sort((a, b) => a - b);
  const hasEpochs = points.some((point) => point.epoch !== null);
  let base = 0;
  let visible: Placed[] = [];
  for (const attempt of attempts) {
    const mine = points.filter((point) => point.attempt === attempt);
    const writers = [...new Set(mine.map((point) => point.writer))].sort((a, b) => (a < b ? -1 : 1));
    const placed = writers.flatMap((writer) =>
      mine
        .filter((point) => point.writer === writer)
        .map((point, i) => ({
          x: xOf(point, base + i, axis, startedMs, hasEpochs),
          value: point.value,
          ts: point.ts,
          point,
        })),
    );
    const shown = placed.filter(({ x }) => !Number.isNaN(x)).sort((a, b) => a.x - b.x);
    if (shown.length > 0) visible = [...visible.filter(({ x }) => x < shown[0]!.x), ...shown];
    base += mine.length;
  }
  return visible;
}

function xOf(point: NaivePoint, ordinal: number, axis: NaiveAxis, startedMs: number, hasEpochs: boolean): number {
  if (axis === 'wall') return point.ts / 1e3;
  if (axis === 'relative') return (point.ts - Math.round(startedMs * 1e3)) / 1e6;
  if (axis === 'epoch' && hasEpochs) return point.epoch ?? NaN;
  return point.step ?? point.epoch ?? ordinal;
}

export interface NaiveSeries {
  x: number[];
  first: Num[];
  last: Num[];
  min: (number | null)[];
  max: (number | null)[];
  n: number[];
  bad: { x: number; kind: string }[];
  exact: boolean;
}

export function naiveSeries(placed: { x: number; value: number }[], points: number): NaiveSeries {
  const exact = placed.length <= points;
  const groups = exact ? placed.map((one) => [one]) : inBuckets(placed, points);
  const out: NaiveSeries = { x: [], first: [], last: [], min: [], max: [], n: [], bad: [], exact };
  for (const group of groups) {
    const finite = group.map(({ value }) => value).filter(Number.isFinite);
    const x = group[0]!.x;
    out.x.push(x);
    out.first.push(word(group[0]!.value));
    out.last.push(word(group[group.length - 1]!.value));
    out.min.push(finite.length > 0 ? finite.reduce((a, b) => Math.min(a, b)) : null);
    out.max.push(finite.length > 0 ? finite.reduce((a, b) => Math.max(a, b)) : null);
    out.n.push(group.length);
    if (group.some(({ value }) => Number.isNaN(value))) out.bad.push({ x, kind: 'nan' });
    if (group.some(({ value }) => value === Infinity)) out.bad.push({ x, kind: 'inf' });
    if (group.some(({ value }) => value === -Infinity)) out.bad.push({ x, kind: '-inf' });
  }
  return out;
}

function inBuckets<T extends { x: number }>(placed: T[], points: number): T[][] {
  const lo = placed[0]!.x;
  const hi = placed[placed.length - 1]!.x;
  const covers = (k: number) => Math.floor(hi / 2 ** k) - Math.floor(lo / 2 ** k) + 1;
  let k = 60;
  while (k > -60 && covers(k - 1) <= points) k--;
  const groups = new Map<number, T[]>();
  for (const one of placed) {
    const bucket = Math.floor(one.x / 2 ** k);
    const group = groups.get(bucket);
    if (group) group.push(one);
    else groups.set(bucket, [one]);
  }
  return [...groups.values()];
}

function word(value: number): Num {
  return Number.isFinite(value) ? value : (String(value) as Num);
}

export function naiveSummary(points: NaivePoint[], key: string): Summary {
  const workers = [...new Set(points.map((point) => point.worker))].sort();
  const all = workers.flatMap((worker) =>
    visiblePoints(
      points.filter((point) => point.worker === worker && point.key === key),
      'step',
      0,
    ).map((placed, i) => ({ ...placed, i })),
  );
  // Of one worker the last in order, of several at the same x the one whose clock is later.
  const lasts = workers.flatMap((worker) => all.filter(({ point }) => point.worker === worker).slice(-1));
  const last = lasts.reduce((a, b) => (b.x > a.x || (b.x === a.x && b.ts >= a.ts) ? b : a));
  const finite = all.filter(({ value }) => Number.isFinite(value));
  const lowest = finite.length > 0 ? finite.reduce((a, b) => (better(a, b, -1) ? a : b)) : null;
  const highest = finite.length > 0 ? finite.reduce((a, b) => (better(a, b, 1) ? a : b)) : null;
  return {
    last: word(last.value),
    last_x: last.x,
    min: lowest?.value ?? null,
    min_x: lowest?.x ?? null,
    max: highest?.value ?? null,
    max_x: highest?.x ?? null,
    mean: finite.length > 0 ? finite.reduce((sum, { value }) => sum + value, 0) / finite.length : null,
    count: all.length,
    nan: all.filter(({ value }) => Number.isNaN(value)).length,
    inf: all.filter(({ value }) => value === Infinity || value === -Infinity).length,
  };
}

function better(a: Placed, b: Placed, sign: number): boolean {
  return a.value * sign > b.value * sign || (a.value === b.value && a.x <= b.x);
}
