import type { PanelSeries } from '../../../../src/protocol/panel';
import type { Num } from '../../../../src/protocol/events';
import { type Curve, type CurveLook, pointsOf, toCurve } from '../../../../webview/grid/curve';

/** A series of one point a bucket. */
export function exactSeries(x: number[], values: Num[], more: Partial<PanelSeries> = {}): PanelSeries {
  const last = Float64Array.from(values, Number);
  const finite = last.map((value) => (Number.isFinite(value) ? value : NaN));
  return {
    ...{ run_id: 'r1', key: 'loss', worker: 'worker-0', bad: [], exact: true, rev: 1 },
    ...{ x: Float64Array.from(x), last, min: finite, max: finite },
    ...more,
  };
}

export function curveOf(series: PanelSeries, smoothing = 0, positive = false): Curve {
  const { run_id, key, worker } = series;
  const look: CurveLook = { run_id, key, worker, label: run_id, color: 0, dash: 0, faint: false };
  return toCurve(pointsOf(series), look, smoothing, positive);
}
