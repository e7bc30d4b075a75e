/** Exposes the plotted values read-only, so that tests can compare them with what a script logged. */
import type { ChartView } from './chartView';

interface PlottedCurve {
  /** Of the chart. */
  chart: string;
  /** The metric, or the expression. */
  key: string;
  run_id: string;
  worker: string;
  label: string;
  x: number[];
  y: number[];
  /** The drawn line: smoothed. */
  line: number[];
  band: { min: number[]; max: number[] } | null;
  bad: { x: number; kind: string }[];
}

declare global {
  interface Window {
    __xtrackCharts?: () => PlottedCurve[];
  }
}

/** Of the grids of all tabs. */
const grids: (() => Iterable<ChartView>)[] = [];

export function exposePlottedValues(charts: () => Iterable<ChartView>): void {
  grids.push(charts);
  window.__xtrackCharts = () =>
    grids
      .flatMap((each) => [...each()])
      .filter((chart) => chart.visible)
      .flatMap((chart) =>
        chart.curves.map(({ key, run_id, worker, label, x, y, line, band, bad }) => ({
          ...{ chart: chart.id, key, run_id, worker, label, band, bad },
          x: Array.from(x),
          y: [...y],
          line: [...line],
        })),
      );
}
