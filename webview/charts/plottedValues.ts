/** What is plotted, to be read (never written) from outside: tests compare it with what a script logged. */
import type { ChartView } from './chartView';

interface PlottedCurve {
  key: string;
  run_id: string;
  worker: string;
  x: number[];
  y: number[];
}

declare global {
  interface Window {
    __xtrackCharts?: () => PlottedCurve[];
  }
}

export function exposePlottedValues(charts: () => Iterable<ChartView>): void {
  window.__xtrackCharts = () =>
    [...charts()]
      .filter((chart) => chart.visible)
      .flatMap((chart) =>
        chart.curves.map(({ key, run_id, worker, x, y }) => ({ key, run_id, worker, x: [...x], y: [...y] })),
      );
}
