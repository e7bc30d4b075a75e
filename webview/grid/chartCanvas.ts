/** One chart.js chart. It never animates, parses or measures, and draws when it is told to. */
import { BasicPlatform, type ChartDataset, type ChartOptions, type Point } from 'chart.js';
import { formatNumber } from '../../src/domain/format';
import type { Zoom } from '../model/seriesLoader';
import { Chart } from '../shared/lineChart';
import { dashOf, type Theme, withAlpha } from '../shared/theme';
import type { DrawnAxis } from './axes';
import { numberTick, tickLabel, tickStep } from './axisTicks';
import { commonExtent, type Curve, xExtent, yExtent } from './curve';
import { curvePainter, type Painting } from './curvePainter';

export interface Plot {
  curves: Curve[];
  axis: DrawnAxis;
  logX: boolean;
  logY: boolean;
  clip: boolean;
  smoothed: boolean;
  zoom: Zoom | null;
  zoomY: Zoom | null;
  /** The run whose curves stand out. */
  pointed: string | null;
  attempts: Painting['attempts'];
  theme: Theme;
}

type ChartData = { datasets: ChartDataset<'line'>[] };
type ScalesOptions = NonNullable<ChartOptions<'line'>['scales']>;

const Y_AXIS_WIDTH = 54;
/** Opacity of the other curves while one stands out. */
const STEPPED_BACK = 0.2;
/** Room for a tick and its label. */
const TICK_WIDTH = { step: 48, epoch: 48, relative: 64, wall: 64, metric: 64 };
const TICK_HEIGHT = 26;

export class ChartCanvas {
  private chart: Chart<'line'> | undefined;
  private painting: Painting | undefined;
  private width = 0;
  private height = 0;

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

  /** Positions and labels of an axis' ticks. */
  ticks(axis: 'x' | 'y'): { px: number; label: string }[] {
    const scale = this.chart?.scales[axis];
    const labels = scale?.ticks.map((tick, i) => ({ px: scale.getPixelForTick(i), label: String(tick.label ?? '') }));
    return labels?.filter(({ label }) => label !== '') ?? [];
  }

  /** The size from the last layout. Drawing never measures, which would force a layout. */
  get size(): { width: number; height: number } {
    return { width: this.width, height: this.height };
  }

  /** Takes effect at the next draw; false if the size is the same. */
  resize(width: number, height: number): boolean {
    const [wide, high] = [Math.floor(width), Math.floor(height)];
    const isSame = wide === this.width && high === this.height;
    [this.width, this.height] = [wide, high];
    return !isSame;
  }

  /** The visible range of an axis. */
  range(axis: 'x' | 'y'): Zoom | null {
    const scale = this.chart?.scales[axis];
    return scale === undefined ? null : { from: scale.min, to: scale.max };
  }

  draw(plot: Plot): void {
    const isPointed = ({ run_id }: Curve): boolean => run_id === plot.pointed;
    const someStandOut = plot.curves.some(isPointed);
    const colorOf = (curve: Curve): string => {
      const color = plot.theme.series[curve.color] ?? plot.theme.foreground;
      return someStandOut && !isPointed(curve) ? withAlpha(color, STEPPED_BACK) : color;
    };
    this.painting = { curves: plot.curves, colorOf, attempts: plot.attempts, theme: plot.theme };
    // Earlier datasets lie on top of later ones.
    const order = someStandOut
      ? plot.curves.toSorted((a, b) => Number(isPointed(b)) - Number(isPointed(a)))
      : plot.curves;
    const lines = order.flatMap((curve) => datasets(curve, plot, colorOf(curve), isPointed(curve)));
    const { width, height } = this;
    const scales = scalesOf(plot, { x: width / TICK_WIDTH[plot.axis], y: height / TICK_HEIGHT }) as ScalesOptions;
    if (this.chart === undefined) {
      this.chart = this.create({ datasets: lines }, scales);
      return;
    }
    // chart.js reuses the point elements of a dataset object that stays.
    const known = this.chart.data.datasets;
    this.chart.data.datasets = lines.map((line, i) => Object.assign(known[i] ?? {}, line));
    this.chart.options.scales = scales;
    this.chart.options.devicePixelRatio = devicePixelRatio;
    const isSame = this.chart.width === width && this.chart.height === height;
    if (isSame && this.chart.currentDevicePixelRatio === devicePixelRatio) this.chart.update('none');
    else this.chart.resize(width, height);
  }

  /** Charts out of sight hold no canvas memory. */
  dispose(): void {
    this.chart?.destroy();
    this.chart = undefined;
    this.canvas.width = this.canvas.height = 0;
    this.canvas.removeAttribute('style');
  }

  private create(data: ChartData, scales: ScalesOptions): Chart<'line'> {
    this.canvas.width = this.width;
    this.canvas.height = this.height;
    return new Chart<'line'>(this.canvas, {
      type: 'line',
      // The platform of chart.js that does not touch the page.
      platform: BasicPlatform,
      data,
      plugins: [curvePainter(() => this.painting!)],
      options: {
        scales,
        parsing: false,
        normalized: true,
        animation: false,
        responsive: false,
        devicePixelRatio,
        maintainAspectRatio: false,
        events: [],
        layout: { padding: { top: 6, right: 10 } },
        elements: { point: { radius: 0 }, line: { borderWidth: 1.5, tension: 0, borderJoinStyle: 'round' } },
      },
    });
  }
}

function datasets(curve: Curve, plot: Plot, color: string, standsOut: boolean): ChartDataset<'line'>[] {
  // chart.js checks the order of points only where it parses them.
  const order: Partial<ChartDataset<'line'>> = curve.ascending
    ? { parsing: false, normalized: true }
    : { parsing: { xAxisKey: 'x', yAxisKey: 'y' }, normalized: false };
  const line = {
    ...order,
    data: points(curve.x, curve.line),
    borderColor: curve.faint ? withAlpha(color, 0.65) : color,
    borderDash: dashOf(curve),
    borderWidth: (plot.theme.highContrast ? 2 : 1.5) + (standsOut ? 1 : 0),
  };
  if (!plot.smoothed) return [line];
  return [
    line,
    { ...order, data: points(curve.x, curve.y), borderColor: withAlpha(color, 0.25), borderDash: [], borderWidth: 1 },
  ];
}

function points(x: ArrayLike<number>, y: number[]): Point[] {
  return y.map((value, i) => ({ x: x[i]!, y: value }));
}

function scalesOf(plot: Plot, fits: { x: number; y: number }): object {
  const most = { x: Math.max(2, Math.floor(fits.x)), y: Math.max(3, Math.floor(fits.y)) };
  const { theme, axis } = plot;
  const shared = {
    border: { color: theme.grid },
    grid: { color: withAlpha(theme.grid, theme.highContrast ? 0.5 : 0.8), tickLength: 4 },
  };
  const ticks = { color: theme.muted, font: { family: theme.font, size: 11 }, maxRotation: 0 };
  const range = xRange(plot);
  const width = range.to - range.from;
  const heights = plot.zoomY === null ? yRange(plot, range) : { min: plot.zoomY.from, max: plot.zoomY.to };
  return {
    x: {
      ...shared,
      type: plot.logX ? 'logarithmic' : 'linear',
      min: range.from,
      max: range.to,
      ticks: {
        ...ticks,
        maxTicksLimit: most.x,
        includeBounds: false,
        ...(plot.logX ? {} : { stepSize: tickStep(axis, width, most.x) }),
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
        maxTicksLimit: most.y,
        includeBounds: false,
        callback: (value: number, _: number, ticks: { value: number }[]) =>
          plot.logY || ticks.length < 2
            ? formatNumber(rounded(value))
            : numberTick(value, Math.abs(ticks[1]!.value - ticks[0]!.value)),
      },
    },
  };
}

function xRange(plot: Plot): Zoom {
  if (plot.zoom !== null) return plot.zoom;
  const all = xExtent(plot.curves) ?? { from: 0, to: 1 };
  if (!plot.logX) return padded(all);
  // Step 0 has no logarithm: the axis begins at the first x above it.
  const above = plot.curves.reduce((least, { x }) => Math.min(least, firstAbove(x, 0)), Infinity);
  const from = Math.min(above, Math.max(all.to, 1));
  return { from, to: all.to > from ? all.to : from * 10 };
}

function firstAbove(x: ArrayLike<number>, floor: number): number {
  let least = Infinity;
  for (let i = 0; i < x.length; i++) if (x[i]! > floor && x[i]! < least) least = x[i]!;
  return least;
}

/** A single point gets room on both sides. */
function padded({ from, to }: Zoom): Zoom {
  return from === to ? { from: from - 1, to: to + 1 } : { from, to };
}

function yRange(plot: Plot, range: Zoom): { min: number; max: number } {
  const extent = (plot.clip ? commonExtent : yExtent)(plot.curves, range.from, range.to);
  if (extent === null) return plot.logY ? { min: 0.1, max: 10 } : { min: 0, max: 1 };
  const { min, max } = extent;
  if (min === 0 && max === 0) return { min: 0, max: 1 };
  if (plot.logY) return min === max ? { min: min / 2, max: max * 2 } : { min: min / 1.1, max: max * 1.1 };
  const room = max === min ? Math.abs(max) * 0.1 || 1 : (max - min) * 0.06;
  return { min: min - room, max: max + room };
}

/** Removes floating-point noise from ticks. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
