/** One chart.js chart: registers only what is used, never animates, never parses, and draws when it is told to. */
import { Chart, LinearScale, LineController, LineElement, LogarithmicScale, PointElement } from 'chart.js';
import type { ChartDataset, ChartOptions, Point } from 'chart.js';
import type { PanelRun, XAxis } from '../../src/protocol/panel';
import { formatNumber } from '../../src/domain/format';
import type { Theme } from '../shared/theme';
import { tickLabel, tickStep } from './axisTicks';
import { commonExtent, type Curve, xExtent, yExtent } from './curve';
import { curvePainter, dashOf, type Painting, withAlpha } from './curvePainter';

Chart.register(LineController, LineElement, PointElement, LinearScale, LogarithmicScale);

export interface Plot {
  curves: Curve[];
  runOf: (curve: Curve) => PanelRun | undefined;
  axis: XAxis;
  logY: boolean;
  clip: boolean;
  smoothed: boolean;
  zoom: { from: number; to: number } | null;
  attempts: Painting['attempts'];
  theme: Theme;
}

type ChartData = { datasets: ChartDataset<'line'>[] };
type ScalesOptions = NonNullable<ChartOptions<'line'>['scales']>;

const Y_AXIS_WIDTH = 54;
const TICKS = 6;

export class ChartCanvas {
  private chart: Chart<'line'> | undefined;
  private painting: Painting | undefined;

  constructor(private readonly canvas: HTMLCanvasElement) {}

  /** Pixels of the plot within the canvas. */
  get area(): { left: number; right: number; top: number; bottom: number } | undefined {
    return this.chart?.chartArea;
  }

  xToPixel(x: number): number {
    return this.chart?.scales.x?.getPixelForValue(x) ?? NaN;
  }

  pixelToX(px: number): number {
    return this.chart?.scales.x?.getValueForPixel(px) ?? NaN;
  }

  yToPixel(y: number): number {
    return this.chart?.scales.y?.getPixelForValue(y) ?? NaN;
  }

  pixelToY(px: number): number {
    return this.chart?.scales.y?.getValueForPixel(px) ?? NaN;
  }

  draw(plot: Plot): void {
    const colorOf = (curve: Curve): string => plot.theme.series[plot.runOf(curve)?.color ?? 0] ?? plot.theme.foreground;
    this.painting = { curves: plot.curves, colorOf, attempts: plot.attempts, theme: plot.theme };
    const data = { datasets: plot.curves.flatMap((curve) => datasets(curve, plot, colorOf(curve))) };
    const scales = scalesOf(plot) as ScalesOptions;
    if (this.chart === undefined) {
      this.chart = this.create(data, scales);
      return;
    }
    this.chart.data = data;
    this.chart.options.scales = scales;
    this.chart.update('none');
  }

  /** Charts out of sight hold no canvas memory. */
  dispose(): void {
    this.chart?.destroy();
    this.chart = undefined;
  }

  private create(data: ChartData, scales: ScalesOptions): Chart<'line'> {
    return new Chart<'line'>(this.canvas, {
      type: 'line',
      data,
      plugins: [curvePainter(() => this.painting!)],
      options: {
        scales,
        parsing: false,
        normalized: true,
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        events: [],
        layout: { padding: { top: 6, right: 10 } },
        elements: { point: { radius: 0 }, line: { borderWidth: 1.5, tension: 0, borderJoinStyle: 'round' } },
      },
    });
  }
}

function datasets(curve: Curve, plot: Plot, color: string): ChartDataset<'line'>[] {
  const run = plot.runOf(curve);
  const main = curve.workerIndex === 0 ? color : withAlpha(color, 0.65);
  const borderDash = run === undefined ? [] : dashOf(run, curve);
  const line = {
    data: points(curve.x, curve.line),
    borderColor: main,
    borderDash,
    borderWidth: plot.theme.highContrast ? 2 : 1.5,
  };
  if (!plot.smoothed) return [line];
  // Earlier datasets lie on top of later ones.
  return [line, { data: points(curve.x, curve.y), borderColor: withAlpha(color, 0.25), borderWidth: 1 }];
}

function points(x: number[], y: number[]): Point[] {
  return x.map((value, i) => ({ x: value, y: y[i]! }));
}

function scalesOf(plot: Plot): object {
  const { theme, axis } = plot;
  const shared = {
    border: { color: theme.grid },
    grid: { color: withAlpha(theme.grid, theme.highContrast ? 0.5 : 0.8), tickLength: 4 },
  };
  const ticks = { color: theme.muted, font: { family: theme.font, size: 11 }, maxRotation: 0 };
  const range = plot.zoom ?? padded(xExtent(plot.curves) ?? { from: 0, to: 1 });
  const width = range.to - range.from;
  const heights = yRange(plot, range);
  return {
    x: {
      ...shared,
      type: 'linear',
      min: range.from,
      max: range.to,
      ticks: {
        ...ticks,
        maxTicksLimit: TICKS,
        includeBounds: false,
        stepSize: tickStep(axis, width, TICKS),
        callback: (value: number) => tickLabel(axis, value, width),
      },
    },
    y: {
      ...shared,
      type: plot.logY ? 'logarithmic' : 'linear',
      ...heights,
      afterFit: (scale: { width: number }) => (scale.width = Y_AXIS_WIDTH),
      ticks: {
        ...ticks,
        maxTicksLimit: TICKS,
        includeBounds: false,
        callback: (value: number) => formatNumber(rounded(value)),
      },
    },
  };
}

/** A single point gets room on both sides. */
function padded({ from, to }: { from: number; to: number }): { from: number; to: number } {
  return from === to ? { from: from - 1, to: to + 1 } : { from, to };
}

function yRange(plot: Plot, range: { from: number; to: number }): { min: number; max: number } {
  const extent = (plot.clip ? commonExtent : yExtent)(plot.curves, range.from, range.to);
  if (extent === null) return plot.logY ? { min: 0.1, max: 10 } : { min: 0, max: 1 };
  const { min, max } = extent;
  if (plot.logY) return min === max ? { min: min / 2, max: max * 2 } : { min: min / 1.1, max: max * 1.1 };
  const room = max === min ? Math.abs(max) * 0.1 || 1 : (max - min) * 0.06;
  return { min: min - room, max: max + room };
}

/** Ticks come with the noise of floating point. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
