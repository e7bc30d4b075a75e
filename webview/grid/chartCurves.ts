/** Turns loaded series into the curves of a chart: expressions, means over workers, groups of runs. */
import { t } from '../../src/base/texts';
import type { PanelRun, PanelSeries } from '../../src/protocol/panel';
import { groupingName, groupOf } from '../../src/domain/run/groups';
import { joined } from '../../src/domain/series/join';
import { type Meeting, type Spread, spreadOf } from '../../src/domain/series/spread';
import { drawnAxis, type Scope } from './axes';
import type { ChartLine, ChartSpec } from './chartSpec';
import type { Band, GridState } from './gridState';
import { type Curve, type CurveLook, type CurvePoints, pointsOf, toCurve } from './curve';

interface WorkerPoints {
  worker: string;
  points: CurvePoints;
}

/** One run's part of one line of the chart. */
interface RunLine {
  run: PanelRun;
  line: ChartLine;
  lineIndex: number;
  workers: WorkerPoints[];
}

export interface CurvesOf {
  spec: ChartSpec;
  scope: Scope;
  state: GridState;
  /** Runs with the same value of this are drawn as their mean. */
  group: string | null;
  runs: readonly PanelRun[];
  nameOf: (run: PanelRun) => string;
  /** undefined: not known yet. */
  get: (run_id: string, key: string) => PanelSeries[] | undefined;
}

const COLORS = 10;
/** A mean with more points than this is thinned; a chart has fewer pixels than that. */
const MEAN_POINTS = 512;
const MEAN_WORKER = 'mean';

export function chartCurves(asked: CurvesOf): Curve[] {
  const { spec, group } = asked;
  const lines = spec.lines.flatMap((line, lineIndex) =>
    asked.runs.map((run): RunLine => ({ run, line, lineIndex, workers: workersOf(asked, run, line) })),
  );
  const drawn = lines.filter(({ workers }) => workers.length > 0);
  return group === null ? drawn.flatMap((one) => runCurves(asked, one)) : groupCurves(asked, drawn, group);
}

/** The line of each worker that has logged every metric the line needs. */
function workersOf({ scope, state, get }: CurvesOf, run: PanelRun, line: ChartLine): WorkerPoints[] {
  const xMetric = scope.xMetric(state);
  const { keys } = line.expression;
  const needed = xMetric === null ? keys : [...keys, xMetric];
  const all = needed.map((key) => get(run.row.run_id, key) ?? []);
  return (all[0] ?? []).flatMap(({ worker }) => {
    const series = all.map((each) => each.find((one) => one.worker === worker));
    if (!series.every((one) => one !== undefined)) return [];
    const plain = xMetric === null && line.text === keys[0];
    return [{ worker, points: plain ? pointsOf(series[0]!) : computed(series, line, xMetric !== null) }];
  });
}

function computed(series: PanelSeries[], { expression }: ChartLine, hasX: boolean): CurvePoints {
  const { x, values } = joined(series.map((one) => ({ x: one.x, y: one.last })));
  const row: number[] = [];
  const y = x.map((_, i) => {
    for (let key = 0; key < expression.keys.length; key++) row[key] = values[key]![i]!;
    return expression.evaluate(row);
  });
  const along = hasX ? values[values.length - 1]! : x;
  const bad = along.flatMap((at, i) =>
    Number.isFinite(y[i]) || !Number.isFinite(at) ? [] : [{ x: at, kind: kindOf(y[i]!) }],
  );
  const kept = along.map((at) => Number.isFinite(at));
  const given = (column: number[]): number[] => (kept.every(Boolean) ? column : column.filter((_, i) => kept[i]));
  return { x: given(along), y: given(y), low: given(y), high: given(y), exact: true, bad };
}

function kindOf(value: number): PanelSeries['bad'][number]['kind'] {
  return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
}

function runCurves(asked: CurvesOf, one: RunLine): Curve[] {
  const { spec, state } = asked;
  const { run, line, lineIndex, workers } = one;
  // The lines of a single run differ by colour. With several runs colour means the run, so lines differ by dash.
  const single = asked.runs.length === 1;
  const name = single && spec.lines.length > 1 ? line.text : asked.nameOf(run);
  const look: Omit<CurveLook, 'worker' | 'faint'> = {
    run_id: run.row.run_id,
    key: line.text,
    label: !single && spec.lines.length > 1 ? `${name} · ${line.text}` : name,
    color: single ? (run.color + lineIndex) % COLORS : run.color,
    dash: run.dash + (single ? 0 : lineIndex),
  };
  const curve = (points: CurvePoints, more: Pick<CurveLook, 'worker' | 'faint' | 'label' | 'dash'>): Curve =>
    toCurve(points, { ...look, ...more }, state.smoothing, state.log_y);
  if (state.mean_workers && workers.length > 1) {
    const label = t('{0} · mean of {1} workers', look.label, workers.length);
    return [curve(meanOf(asked, workers), { worker: MEAN_WORKER, faint: false, label, dash: look.dash })];
  }
  return workers.map(({ worker, points }, i) =>
    curve(points, {
      worker,
      faint: i > 0,
      label: workers.length > 1 ? `${look.label} · ${worker}` : look.label,
      dash: look.dash + i,
    }),
  );
}

/** Workers share steps, so means are taken at common steps. Their clocks never coincide. */
function meanOf({ scope, state }: CurvesOf, workers: WorkerPoints[]): CurvePoints {
  const axis = drawnAxis(scope, state);
  const steps = (axis === 'step' || axis === 'epoch') && workers.every(({ points }) => points.exact);
  return mean(
    workers.map(({ points }) => points),
    steps ? 'exact' : 'all',
    state.band,
  );
}

function groupCurves(asked: CurvesOf, lines: RunLine[], by: string): Curve[] {
  const { spec, state } = asked;
  const groups = new Map<string, RunLine[]>();
  for (const one of lines) {
    const id = `${one.lineIndex}\0${groupOf(one.run.row, by)}`;
    groups.set(id, [...(groups.get(id) ?? []), one]);
  }
  return [...groups.values()].map((members) => {
    const { run, line, lineIndex } = members[0]!;
    const each = members.map(({ workers }) => (workers.length > 1 ? meanOf(asked, workers) : workers[0]!.points));
    const points = mean(each.map(ascendingPoints), 'any', state.band);
    const name = `${groupingName(by)} ${groupOf(run.row, by)}`;
    const group = members.length === 1 ? t('{0} (1 run)', name) : t('{0} ({1} runs)', name, members.length);
    const look: CurveLook = {
      run_id: run.row.run_id,
      key: line.text,
      worker: MEAN_WORKER,
      label: spec.lines.length > 1 ? `${group} · ${line.text}` : group,
      color: run.color,
      dash: run.dash + lineIndex,
      faint: false,
    };
    return toCurve(points, look, state.smoothing, state.log_y);
  });
}

function mean(members: CurvePoints[], meeting: Meeting, band: Band): CurvePoints {
  const finite = members.map((member) => ({
    ...member,
    y: Array.from(member.y, (v) => (Number.isFinite(v) ? v : NaN)),
  }));
  const spread = spreadOf(finite, meeting, MEAN_POINTS);
  const { low, high } = bandOf(spread, band);
  return {
    ...{ x: spread.x, y: spread.mean, low, high, n: spread.n },
    exact: band === 'none',
    bad: members.flatMap((member) => member.bad).sort((a, b) => a.x - b.x),
  };
}

function bandOf(spread: Spread, band: Band): { low: number[]; high: number[] } {
  if (band !== 'std') return { low: spread.low, high: spread.high };
  return {
    low: spread.mean.map((mean, i) => mean - spread.std[i]!),
    high: spread.mean.map((mean, i) => mean + spread.std[i]!),
  };
}

/** With another metric along x, points are ordered by step and have to be sorted. */
function ascendingPoints(points: CurvePoints): CurvePoints {
  const order = Array.from(points.x, (_, i) => i);
  if (order.every((i) => i === 0 || points.x[i]! >= points.x[i - 1]!)) return points;
  order.sort((a, b) => points.x[a]! - points.x[b]!);
  const sorted = (column: ArrayLike<number>): number[] => order.map((i) => column[i]!);
  return { ...points, x: sorted(points.x), y: sorted(points.y), low: sorted(points.low), high: sorted(points.high) };
}
