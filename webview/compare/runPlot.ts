/** Runs as lines or dots in one plot. The pointer or the arrow keys point at one of them; a click or Enter focuses it. */
import type { ChartDataset } from 'chart.js';
import { el, setAttribute } from '../shared/dom';
import { Chart } from '../shared/lineChart';
import { dashOf, type Theme, withAlpha } from '../shared/theme';
import type { Frames, View } from '../model/frames';
import type { RunLayout } from './runLayouts';

export interface RunPlotContext {
  frames: Frames;
  theme: () => Theme;
  /** Called when a run is pointed at. Shows its tooltip and returns its description for screen readers. */
  pointed: (run_id: string | null, at: { x: number; y: number }) => string;
  choose: (run_id: string) => void;
  announce: (text: string) => void;
}

/** Distance in pixels within which a run counts as pointed at. */
const REACH_PX = 24;

export class RunPlot implements View {
  readonly element: HTMLElement;
  /** Always drawn: nothing requests another drawing when a hidden tab becomes visible. */
  readonly visible = true;
  private readonly canvas = el('canvas', { 'aria-hidden': 'true' });
  private chart: Chart<'line'> | undefined;
  private layout: RunLayout | undefined;
  private pointed: string | null = null;

  constructor(
    className: string,
    private readonly context: RunPlotContext,
  ) {
    const attributes = { class: `run-plot ${className}`, tabindex: 0, role: 'application' };
    this.element = el('div', attributes, this.canvas);
    this.element.addEventListener('pointermove', (event) => {
      const box = this.element.getBoundingClientRect();
      const at = { x: event.clientX, y: event.clientY };
      this.point(this.nearest(event.clientX - box.left, event.clientY - box.top), at);
    });
    this.element.addEventListener('pointerleave', () => this.point(null, { x: 0, y: 0 }));
    this.element.addEventListener('blur', () => this.point(null, { x: 0, y: 0 }));
    this.element.addEventListener('click', () => this.pointed !== null && context.choose(this.pointed));
    this.element.addEventListener('keydown', (event) => this.key(event));
  }

  /** `label` is what it shows, in words. */
  show(layout: RunLayout, label: string): void {
    this.layout = layout;
    setAttribute(this.element, 'aria-label', label);
    this.context.frames.mark(this);
  }

  draw(): undefined {
    const { layout } = this;
    if (layout === undefined) return;
    const datasets = this.datasets(layout);
    if (this.chart === undefined) {
      this.chart = new Chart<'line'>(this.canvas, {
        type: 'line',
        data: { datasets },
        plugins: [{ id: 'axes', afterDatasetsDraw: (chart) => this.layout?.paint?.(chart) }],
        options: {
          scales: layout.scales,
          parsing: false,
          animation: false,
          responsive: true,
          maintainAspectRatio: false,
          events: [],
          layout: { padding: { top: 4, left: 8, right: 12, bottom: 4 } },
        },
      });
      return;
    }
    this.chart.data.datasets = datasets;
    this.chart.options.scales = layout.scales;
    this.chart.update('none');
  }

  private datasets({ runs, isLines }: RunLayout): ChartDataset<'line'>[] {
    const theme = this.context.theme();
    // Earlier datasets lie on top.
    const ordered = [...runs].sort(
      (a, b) => Number(b.run.row.run_id === this.pointed) - Number(a.run.row.run_id === this.pointed),
    );
    return ordered.map(({ run, points }) => {
      const isPointed = run.row.run_id === this.pointed;
      const own = theme.series[run.color] ?? theme.foreground;
      const color = this.pointed === null || isPointed ? own : withAlpha(own, 0.25);
      return {
        data: points,
        borderColor: color,
        backgroundColor: color,
        borderDash: isLines ? dashOf(run) : [],
        borderWidth: isPointed ? 3 : theme.highContrast ? 2 : 1.5,
        showLine: isLines,
        pointRadius: isLines ? (isPointed ? 4 : 2) : isPointed ? 8 : 5,
        // Runs that share a colour differ by shape here, as lines do by dash.
        pointStyle: isLines ? 'circle' : (['circle', 'triangle', 'rectRot', 'rect'] as const)[run.dash % 4]!,
      };
    });
  }

  private point(run_id: string | null, at: { x: number; y: number }): void {
    const text = this.context.pointed(run_id, at);
    if (this.pointed === run_id) return;
    this.pointed = run_id;
    this.element.classList.toggle('pointing', run_id !== null);
    if (text !== '' && document.activeElement === this.element) this.context.announce(text);
    this.context.frames.mark(this);
  }

  /** Arrow keys go through the runs by their last value, from the lowest. */
  private key(event: KeyboardEvent): void {
    const runs = this.layout?.runs ?? [];
    const last = (i: number): number => runs[i]!.points.at(-1)!.y;
    const order = runs.map((_, i) => i).sort((a, b) => (last(a) || 0) - (last(b) || 0));
    const now = order.findIndex((i) => runs[i]!.run.row.run_id === this.pointed);
    const by = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1 }[event.key];
    if (event.key === 'Enter' && this.pointed !== null) this.context.choose(this.pointed);
    else if (event.key === 'Escape') this.point(null, { x: 0, y: 0 });
    else if (by === undefined || order.length === 0 || this.chart === undefined) return;
    else {
      const next = order[now === -1 ? (by > 0 ? 0 : order.length - 1) : (now + by + order.length) % order.length]!;
      const { left, top } = this.element.getBoundingClientRect();
      const { x, y } = this.pixels(next).at(-1)!;
      this.point(runs[next]!.run.row.run_id, { x: left + x, y: top + y });
    }
    event.preventDefault();
  }

  private pixels(index: number): { x: number; y: number }[] {
    const { x, y } = this.chart!.scales;
    return this.layout!.runs[index]!.points.filter((point) => !Number.isNaN(point.y)).map((point) => ({
      x: x!.getPixelForValue(point.x),
      y: y!.getPixelForValue(point.y),
    }));
  }

  private nearest(px: number, py: number): string | null {
    if (this.layout === undefined || this.chart === undefined) return null;
    const { runs, isLines } = this.layout;
    let best: string | null = null;
    let least = REACH_PX;
    runs.forEach(({ run }, i) => {
      const points = this.pixels(i);
      const distance = Math.min(
        ...points.map((point) => Math.hypot(point.x - px, point.y - py)),
        ...(isLines ? points.slice(1).map((to, k) => distanceToSegment(points[k]!, to, px, py)) : []),
      );
      if (distance < least) [best, least] = [run.row.run_id, distance];
    });
    return best;
  }
}

function distanceToSegment(
  from: { x: number; y: number },
  to: { x: number; y: number },
  px: number,
  py: number,
): number {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const along = Math.min(1, Math.max(0, ((px - from.x) * dx + (py - from.y) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(from.x + along * dx - px, from.y + along * dy - py);
}
