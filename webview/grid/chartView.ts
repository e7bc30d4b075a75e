/** One chart's card: title, last value, the plot with what lies over it. Drawn only while it can be seen. */
import { t } from '../../src/base/texts';
import type { PanelRun } from '../../src/protocol/panel';
import { el, setAttribute, setText } from '../shared/dom';
import { formatNumber, formatX, toNumber } from '../../src/domain/format';
import type { Theme } from '../shared/theme';
import { drawnAxis, type Scope, seriesViewOf, zoomOf, zoomOfY } from './axes';
import { ChartCanvas } from './chartCanvas';
import { chartCurves } from './chartCurves';
import { ChartHeader, valueText } from './chartHeader';
import { ChartLegend } from './chartLegend';
import { attachPointer, type PointerTarget } from './chartPointer';
import { ChartResizer } from './chartResizer';
import type { ChartSpec } from './chartSpec';
import { ChartZoom } from './chartZoom';
import { CheckpointLayer } from './checkpointLayer';
import type { Cursor, CursorPlace } from './cursor';
import { type CursorValue, cursorValues } from './cursorValues';
import { type Curve, nearestIndex } from './curve';
import type { GridStore } from './gridState';
import type { Frames, View } from '../model/frames';
import { attemptMarks, checkpointMarks, type CheckpointMark } from './marks';
import { type PanelModel, toggled } from '../model/panelModel';
import type { SeriesLoader, Wanted } from '../model/seriesLoader';

export interface ChartContext {
  model: PanelModel;
  store: GridStore;
  loader: SeriesLoader;
  frames: Frames;
  cursor: Cursor;
  theme: () => Theme;
  openChartMenu: (view: ChartView, anchor: HTMLElement) => void;
  openCheckpointMenu: (mark: CheckpointMark, x: string, anchor: HTMLElement) => void;
  openOutput: () => void;
  /** Has a screen reader read the values after a key moved the cursor. */
  announce: (text: string) => void;
}

/** Pixels around the cursor within which a curve has a value there. */
const REACH_PX = 24;

export class ChartView implements View, PointerTarget {
  readonly element: HTMLElement;
  readonly canvasElement = el('canvas', { 'aria-hidden': 'true' });
  readonly canvas = new ChartCanvas(this.canvasElement);
  readonly plot: HTMLElement;
  readonly resizer: ChartResizer;
  readonly zoom: ChartZoom;
  visible = false;
  curves: Curve[] = [];
  private spec: ChartSpec;
  private readonly header: ChartHeader;
  private readonly legend = new ChartLegend();
  private readonly crosshair = el('div', { class: 'crosshair', hidden: true });
  private readonly dots = el('div', { class: 'dots' });
  private readonly selection = el('div', { class: 'selection', hidden: true });
  private readonly note = el('div', { class: 'chart-note', hidden: true });
  private readonly checkpoints: CheckpointLayer;
  private marks: CheckpointMark[] = [];

  constructor(
    spec: ChartSpec,
    readonly scope: Scope,
    private readonly context: ChartContext,
  ) {
    this.spec = spec;
    this.checkpoints = new CheckpointLayer((mark, anchor) => this.openMark(mark, anchor));
    this.plot = el(
      'div',
      { class: 'plot', tabindex: 0, role: 'application', 'aria-roledescription': t('chart') },
      this.canvasElement,
      this.crosshair,
      this.dots,
      this.selection,
      this.note,
      this.checkpoints.element,
    );
    this.header = new ChartHeader(
      () => this.openMenu(),
      () => this.maximize(),
    );
    this.resizer = new ChartResizer(this, context.store, context.frames);
    this.zoom = new ChartZoom(this, context.store, context.cursor);
    this.element = el(
      'article',
      { class: 'chart', 'data-key': spec.id },
      this.header.element,
      this.legend.element,
      this.plot,
      this.resizer.handle,
    );
    this.setSpec(spec);
    attachPointer(this.plot, this.selection, this);
  }

  get id(): string {
    return this.spec.id;
  }

  get current(): ChartSpec {
    return this.spec;
  }

  /** A custom chart may have got lines whose metrics were not logged before. */
  setSpec(spec: ChartSpec): void {
    this.spec = spec;
    this.header.setTitle(spec.title);
    this.resizer.setName(spec.title);
    if (this.visible) this.context.frames.mark(this);
  }

  dispose(): void {
    this.canvas.dispose();
  }

  show(visible: boolean): void {
    if (this.visible === visible) return;
    this.visible = visible;
    if (visible) this.context.frames.mark(this);
    else this.canvas.dispose();
  }

  /** Called after a layout; true if the chart has to be drawn again. */
  resized(width: number, height: number): boolean {
    const isStale = this.canvas.resize(width, height) && this.visible && width > 0;
    if (isStale) this.context.frames.mark(this);
    return isStale;
  }

  /** What it needs to be drawn. */
  get wanted(): Wanted {
    const { state } = this.context.store;
    const xMetric = this.scope.xMetric(state);
    const keys = xMetric === null ? this.spec.keys : [...new Set([...this.spec.keys, xMetric])];
    return { keys, view: seriesViewOf(this.scope, state, this.id) };
  }

  draw(): (() => void) | undefined {
    const { model, store, loader, theme } = this.context;
    // It has no size before the first layout and in a hidden tab.
    if (this.canvas.size.width === 0) return;
    const { state } = store;
    const runs = this.runs();
    const { keys, view } = this.wanted;
    const known = runs.some(({ row }) => keys.every((key) => loader.get(row.run_id, key, view) !== undefined));
    // What is on screen stays until there is something newer to show.
    if (runs.length > 0 && !known && this.spec.keys.length > 0) return () => this.setNote(t('Loading…'));
    const get = (run_id: string, key: string): ReturnType<typeof loader.get> => loader.get(run_id, key, view);
    this.curves = chartCurves({
      spec: this.spec,
      scope: this.scope,
      state,
      group: model.state.group,
      runs,
      nameOf: (run) => model.nameOf(run),
      get,
    });
    const axis = drawnAxis(this.scope, state);
    const details = axis === 'metric' ? [] : runs.flatMap((run) => model.details.get(run.row.run_id) ?? []);
    this.canvas.draw({
      curves: this.curves,
      axis,
      logX: this.scope.logX(state),
      logY: state.log_y,
      clip: state.clip,
      smoothed: state.smoothing > 0,
      zoom: zoomOf(this.scope, state, this.id),
      zoomY: zoomOfY(this.scope, state, this.id),
      pointed: model.pointed,
      attempts: details.flatMap((detail) =>
        attemptMarks(detail, view.x).map(({ x }) => ({ x, color: this.color(detail.run_id) })),
      ),
      theme: theme(),
    });
    // Marks of several runs would cover one another.
    const focused = model.focused()?.row.run_id;
    this.marks = details.flatMap((detail) => (detail.run_id === focused ? checkpointMarks(detail, view.x) : []));
    return () => {
      this.setNote(this.emptiness(runs.length));
      this.checkpoints.draw(this.marks, this.canvas, (run_id) => this.color(run_id), view.x);
      this.drawHeader(runs);
      this.context.cursor.refresh(this);
    };
  }

  drawCursor(place: CursorPlace | null): void {
    const area = this.canvas.area;
    const px = place === null || area === undefined ? NaN : this.canvas.xToPixel(place.x);
    const inside = area !== undefined && px >= area.left - 1 && px <= area.right + 1;
    this.crosshair.hidden = !inside;
    const dots = inside && place !== null ? this.valuesAt(place.x).flatMap((value) => this.dotOf(value)) : [];
    while (this.dots.childElementCount > dots.length) this.dots.lastElementChild?.remove();
    while (this.dots.childElementCount < dots.length) this.dots.append(el('div', { class: 'dot' }));
    dots.forEach((look, i) => Object.assign((this.dots.children[i] as HTMLElement).style, look));
    if (inside) {
      this.crosshair.style.transform = `translateX(${Math.round(px)}px)`;
      this.crosshair.style.top = `${area.top}px`;
      this.crosshair.style.height = `${area.bottom - area.top}px`;
    }
  }

  valuesAt(x: number): CursorValue[] {
    const px = this.canvas.xToPixel(x);
    const reach = Math.abs(this.canvas.pixelToX(px + REACH_PX) - this.canvas.pixelToX(px));
    return cursorValues(this.curves, x, reach);
  }

  // ---- PointerTarget
  get area(): ChartCanvas['area'] {
    return this.canvas.area;
  }

  hover(px: number, py: number, client: { x: number; y: number }): void {
    if (this.curves.length === 0) return;
    this.context.cursor.move({ chart: this, x: this.canvas.pixelToX(px), y: this.canvas.pixelToY(py), client });
  }

  leave(): void {
    this.context.cursor.clear(this);
  }

  step(by: number | 'first' | 'last'): void {
    const longest = this.longest();
    if (longest === undefined) return;
    const { x } = longest;
    const place = this.context.cursor.place;
    const now = place?.chart === this ? nearestIndex(longest, place.x) : x.length - (by === -1 ? 0 : 1);
    const next = by === 'first' ? 0 : by === 'last' ? x.length - 1 : Math.min(x.length - 1, Math.max(0, now + by));
    const at = x[next]!;
    const box = this.plot.getBoundingClientRect();
    const client = { x: box.left + this.canvas.xToPixel(at), y: box.top + 20 };
    this.context.cursor.move({ chart: this, x: at, y: null, client });
    this.context.announce(this.spoken(this.valuesAt(at), at));
  }

  maximize(): void {
    const { store } = this.context;
    store.patch({ maximized: store.state.maximized === this.id ? null : this.id });
    this.plot.focus();
  }

  pin(): void {
    const { store } = this.context;
    store.patch({ pinned: toggled(store.state.pinned, this.id) });
    this.plot.focus();
  }

  openMenu(): void {
    this.context.openChartMenu(this, this.header.menu);
  }

  /** Opens the checkpoint nearest to the cursor. */
  openCheckpoint(): void {
    const at = this.context.cursor.place?.x ?? Infinity;
    const nearest = this.marks.reduce<CheckpointMark | undefined>(
      (best, one) => (best !== undefined && Math.abs(best.x - at) <= Math.abs(one.x - at) ? best : one),
      undefined,
    );
    if (nearest !== undefined) this.openMark(nearest, this.plot);
  }

  private openMark(mark: CheckpointMark, anchor: HTMLElement): void {
    this.context.openCheckpointMenu(mark, this.formatX(mark.x), anchor);
  }

  formatX(x: number): string {
    return formatX(drawnAxis(this.scope, this.context.store.state), x);
  }

  private runs(): PanelRun[] {
    const { model } = this.context;
    const { lines } = this.spec;
    return model
      .shownRuns()
      .filter(({ row }) => lines.some(({ expression }) => expression.keys.every((key) => key in row.metrics)));
  }

  private longest(): Curve | undefined {
    return this.curves.reduce<Curve | undefined>(
      (best, one) => (best && best.x.length >= one.x.length ? best : one.x.length > 0 ? one : best),
      undefined,
    );
  }

  private spoken(values: CursorValue[], x: number): string {
    const names = values.map((value) => `${value.curve.label} ${formatNumber(value.value)}`);
    return `${this.spec.title}, ${this.formatX(x)}: ${names.join(', ') || t('no value')}`;
  }

  private dotOf(value: CursorValue): { backgroundColor: string; transform: string }[] {
    const py = this.canvas.yToPixel(value.value);
    const area = this.canvas.area;
    if (area === undefined || !(py >= area.top - 1 && py <= area.bottom + 1)) return [];
    const backgroundColor = this.context.theme().series[value.curve.color] ?? '';
    return [{ backgroundColor, transform: `translate(${this.canvas.xToPixel(value.x)}px, ${py}px)` }];
  }

  /** The last values, so that a glance (or a screen reader) needs no cursor. */
  private drawHeader(runs: PanelRun[]): void {
    const { model, store, theme } = this.context;
    const focused = model.focused();
    const main = this.curves.find((curve) => curve.run_id === focused?.row.run_id) ?? this.curves[0];
    const counts = runs.flatMap(({ row }) => this.spec.keys.map((key) => row.metrics[key]));
    const bad = counts.reduce((sum, summary) => sum + (summary?.nan ?? 0) + (summary?.inf ?? 0), 0);
    this.header.draw({
      main: main && { key: main.key, value: this.lastOf(main) },
      bad,
      isFull: store.state.maximized === this.id,
    });
    this.legend.draw(this.spec.lines.length > 1 || model.state.group !== null ? this.curves : [], theme());
    const values = this.curves.slice(0, 5).map((curve) => `${curve.label} ${valueText(curve.key, this.lastOf(curve))}`);
    const label = `${this.spec.title}: ${values.join(', ')}${bad > 0 ? `; ${t('{0} values are not finite', bad)}` : ''}`;
    setAttribute(this.plot, 'aria-label', label);
  }

  /** The row has the latest value even if another part of the series is drawn. */
  private lastOf(curve: Curve): number {
    const summary = this.context.model.run(curve.run_id)?.row.metrics[curve.key];
    return curve.n === null && summary !== undefined ? toNumber(summary.last) : (curve.y[curve.y.length - 1] ?? NaN);
  }

  private emptiness(runs: number): string | null {
    const { state } = this.context.store;
    if (this.spec.lines.length === 0 && this.spec.problem !== null) return this.spec.problem;
    if (runs === 0) return t('All runs with this metric are hidden.');
    const hasPoint = this.curves.some((curve) => curve.x.length > 0);
    const xMetric = this.scope.xMetric(state);
    if (!hasPoint && xMetric !== null) return t('{0} has no values at or before the steps of this metric.', xMetric);
    if (!hasPoint && zoomOf(this.scope, state, this.id) !== null)
      return t('No values in this range. Double-click to reset the zoom.');
    if (!hasPoint && state.mean_workers) return t('The workers have not reported a common step yet.');
    const drawable = this.curves.some((curve) => curve.line.some((value) => !Number.isNaN(value)));
    if (hasPoint && !drawable) return state.log_y ? t('No values above zero.') : t('No finite values.');
    return null;
  }

  private setNote(text: string | null): void {
    if (this.note.hidden !== (text === null)) this.note.hidden = text === null;
    setText(this.note, text ?? '');
  }

  private color(run_id: string): string {
    const theme = this.context.theme();
    return theme.series[this.context.model.run(run_id)?.color ?? 0] ?? theme.foreground;
  }
}
