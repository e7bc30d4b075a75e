/** One metric's card: title, last value, the plot with what lies over it. Drawn only while it can be seen. */
import { el, iconButton, setAttribute, setText } from '../shared/dom';
import { formatNumber, formatX, toNumber } from '../../src/domain/format';
import type { Theme } from '../shared/theme';
import { ChartCanvas } from './chartCanvas';
import { attachPointer, type PointerTarget } from './chartPointer';
import { CheckpointLayer } from './checkpointLayer';
import type { Cursor, CursorPlace } from './cursor';
import { type CursorValue, cursorValues, nearestIndex } from './cursorValues';
import { type Curve, toCurve, xExtent } from './curve';
import type { Frames, View } from './frames';
import { attemptMarks, checkpointMarks, type CheckpointMark } from './marks';
import type { PanelModel } from './panelModel';
import type { SeriesLoader } from './seriesLoader';

export interface ChartContext {
  model: PanelModel;
  loader: SeriesLoader;
  frames: Frames;
  cursor: Cursor;
  theme: () => Theme;
  openChartMenu: (view: ChartView, anchor: HTMLElement) => void;
  openCheckpointMenu: (mark: CheckpointMark, anchor: HTMLElement) => void;
  openOutput: () => void;
  /** Read out after a key moved the cursor. */
  announce: (text: string) => void;
}

/** Pixels around the cursor within which a curve has a value there. */
const REACH_PX = 24;

export class ChartView implements View, PointerTarget {
  readonly element: HTMLElement;
  readonly canvasElement = el('canvas', { 'aria-hidden': 'true' });
  visible = false;
  curves: Curve[] = [];
  private readonly canvas = new ChartCanvas(this.canvasElement);
  private readonly value = el('span', { class: 'chart-value' });
  private readonly bad = el('span', { class: 'chart-bad' });
  private readonly crosshair = el('div', { class: 'crosshair', hidden: true });
  private readonly dots = el('div', { class: 'dots' });
  private readonly selection = el('div', { class: 'selection', hidden: true });
  private readonly note = el('div', { class: 'chart-note', hidden: true });
  private readonly checkpoints: CheckpointLayer;
  private readonly plot: HTMLElement;

  constructor(
    readonly key: string,
    private readonly context: ChartContext,
  ) {
    this.checkpoints = new CheckpointLayer(context.openCheckpointMenu);
    this.plot = el(
      'div',
      { class: 'plot', tabindex: 0, role: 'application', 'aria-roledescription': 'chart' },
      this.canvasElement,
      this.crosshair,
      this.dots,
      this.selection,
      this.note,
      this.checkpoints.element,
    );
    const menu = iconButton('ellipsis', `${key}: more actions`, () => context.openChartMenu(this, menu));
    const title = el('h3', { title: key }, key);
    this.element = el(
      'article',
      { class: 'chart', 'data-key': key },
      el('header', {}, title, this.bad, this.value, menu),
      this.plot,
    );
    attachPointer(this.plot, this.selection, this);
  }

  show(visible: boolean): void {
    if (this.visible === visible) return;
    this.visible = visible;
    if (visible) this.context.frames.mark(this);
    else this.canvas.dispose();
  }

  get width(): number {
    return this.plot.clientWidth;
  }

  draw(): void {
    const { model, loader, theme } = this.context;
    const { state } = model;
    const runs = model.shownRuns().filter((run) => this.key in run.row.metrics);
    const known = runs.map((run) => loader.get(run.row.run_id, this.key));
    // What is on screen stays until there is something newer to show.
    if (runs.length > 0 && known.every((series) => series === undefined)) return this.setNote('Loading…');
    this.curves = known.flatMap((series) =>
      (series ?? []).map((one, i) => toCurve(one, i, state.smoothing, state.log_y)),
    );
    const details = runs.flatMap((run) => model.details.get(run.row.run_id) ?? []);
    this.canvas.draw({
      curves: this.curves,
      runOf: (curve) => model.run(curve.run_id),
      axis: state.x,
      logY: state.log_y,
      clip: state.clip,
      smoothed: state.smoothing > 0,
      zoom: state.zoom,
      attempts: details.flatMap((detail) =>
        attemptMarks(detail, state.x).map(({ x }) => ({ x, color: this.color(detail.run_id) })),
      ),
      theme: theme(),
    });
    this.setNote(this.emptiness(runs.length));
    this.checkpoints.draw(
      details.flatMap((detail) => checkpointMarks(detail, state.x)),
      this.canvas,
      (run_id) => this.color(run_id),
      state.x,
    );
    this.drawHeader();
    this.context.cursor.refresh();
  }

  drawCursor(place: CursorPlace | null): void {
    const area = this.canvas.area;
    const px = place === null || area === undefined ? NaN : this.canvas.xToPixel(place.x);
    const inside = area !== undefined && px >= area.left - 1 && px <= area.right + 1;
    this.crosshair.hidden = !inside;
    const dots: HTMLElement[] = [];
    if (inside && place !== null) {
      this.crosshair.style.transform = `translateX(${Math.round(px)}px)`;
      this.crosshair.style.top = `${area.top}px`;
      this.crosshair.style.height = `${area.bottom - area.top}px`;
      for (const value of this.valuesAt(place.x)) dots.push(...this.dot(value));
    }
    if (dots.length > 0 || this.dots.childElementCount > 0) this.dots.replaceChildren(...dots);
  }

  valuesAt(x: number): CursorValue[] {
    const reach = Math.abs(this.canvas.pixelToX(REACH_PX) - this.canvas.pixelToX(0));
    return cursorValues(this.curves, x, reach);
  }

  // ---- PointerTarget
  get area(): ChartCanvas['area'] {
    return this.canvas.area;
  }

  pixelToX(px: number): number {
    return this.canvas.pixelToX(px);
  }

  hover(px: number, py: number, client: { x: number; y: number }): void {
    if (this.curves.length === 0) return;
    this.context.cursor.move({ key: this.key, x: this.canvas.pixelToX(px), y: this.canvas.pixelToY(py), client });
  }

  leave(): void {
    this.context.cursor.clear(this.key);
  }

  select(from: number, to: number): void {
    if (!(to > from)) return;
    this.context.model.patch({ zoom: { from, to } });
  }

  reset(): void {
    if (this.context.model.state.zoom !== null) this.context.model.patch({ zoom: null });
  }

  zoomBy(factor: number, around: number | null): void {
    const full = xExtent(this.curves);
    const now = this.context.model.state.zoom ?? full;
    if (now === null || full === null) return;
    const center = around ?? this.context.cursor.place?.x ?? (now.from + now.to) / 2;
    const from = center - (center - now.from) * factor;
    const to = center + (now.to - center) * factor;
    const whole = from <= full.from && to >= full.to;
    if (whole) this.reset();
    else this.select(from, to);
  }

  step(by: number | 'first' | 'last'): void {
    const x = this.longest()?.x ?? [];
    if (x.length === 0) return;
    const place = this.context.cursor.place;
    const now = place?.key === this.key ? nearestIndex(x, place.x) : x.length - (by === -1 ? 0 : 1);
    const next = by === 'first' ? 0 : by === 'last' ? x.length - 1 : Math.min(x.length - 1, Math.max(0, now + by));
    const at = x[next]!;
    const box = this.plot.getBoundingClientRect();
    const client = { x: box.left + this.canvas.xToPixel(at), y: box.top + 20 };
    this.context.cursor.move({ key: this.key, x: at, y: null, client });
    this.context.announce(this.spoken(this.valuesAt(at), at));
  }

  private longest(): Curve | undefined {
    return this.curves.reduce<Curve | undefined>(
      (best, one) => (best && best.x.length >= one.x.length ? best : one),
      undefined,
    );
  }

  private spoken(values: CursorValue[], x: number): string {
    const names = values.map((value) => `${this.nameOf(value.curve.run_id)} ${formatNumber(value.value)}`);
    return `${this.key}, ${formatX(this.context.model.state.x, x)}: ${names.join(', ') || 'no value'}`;
  }

  private dot(value: CursorValue): HTMLElement[] {
    const py = this.canvas.yToPixel(value.value);
    const area = this.canvas.area;
    if (area === undefined || !(py >= area.top - 1 && py <= area.bottom + 1)) return [];
    const dot = el('div', { class: 'dot' });
    dot.style.transform = `translate(${this.canvas.xToPixel(value.x)}px, ${py}px)`;
    dot.style.backgroundColor = this.color(value.curve.run_id);
    return [dot];
  }

  /** The last values, so that a glance (or a screen reader) needs no cursor. */
  private drawHeader(): void {
    const { model } = this.context;
    const runs = model.shownRuns().filter((run) => this.key in run.row.metrics);
    const focused = model.focused();
    const main = runs.find((run) => run === focused) ?? runs[0];
    const summary = main?.row.metrics[this.key];
    setText(this.value, summary === undefined ? '' : formatNumber(toNumber(summary.last)));
    const bad = runs.reduce((sum, run) => sum + run.row.metrics[this.key]!.nan + run.row.metrics[this.key]!.inf, 0);
    setText(this.bad, bad > 0 ? `${bad} NaN/∞` : '');
    const values = runs
      .slice(0, 5)
      .map((run) => `${run.row.name} ${formatNumber(toNumber(run.row.metrics[this.key]!.last))}`);
    const label = `${this.key}: ${values.join(', ')}${bad > 0 ? `; ${bad} values are not finite` : ''}`;
    setAttribute(this.plot, 'aria-label', label);
  }

  private emptiness(runs: number): string | null {
    const shown = this.context.model.state.zoom;
    if (runs === 0) return 'All runs with this metric are hidden.';
    const hasPoint = this.curves.some((curve) => curve.x.length > 0);
    if (!hasPoint && shown !== null) return 'Nothing in this range. Double-click to show all.';
    const drawable = this.curves.some((curve) => curve.line.some((value) => !Number.isNaN(value)));
    if (hasPoint && !drawable) return this.context.model.state.log_y ? 'No value above zero.' : 'No finite value.';
    return null;
  }

  private setNote(text: string | null): void {
    this.note.hidden = text === null;
    setText(this.note, text ?? '');
  }

  private nameOf(run_id: string): string {
    return this.context.model.run(run_id)?.row.name ?? run_id;
  }

  private color(run_id: string): string {
    const theme = this.context.theme();
    return theme.series[this.context.model.run(run_id)?.color ?? 0] ?? theme.foreground;
  }
}
