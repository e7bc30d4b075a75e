/** Zooms and pans one chart, or all charts that zoom together. */
import { middleOf, movedWindow, scaledWindow } from './zoomWindow';
import { type Scope, withZoom, withZoomY, zoomOf, zoomOfY } from './axes';
import type { ChartCanvas } from './chartCanvas';
import type { Cursor } from './cursor';
import { type Curve, xExtent } from './curve';
import type { GridStore } from './gridState';

export interface ZoomedChart {
  readonly id: string;
  readonly scope: Scope;
  readonly canvas: ChartCanvas;
  readonly curves: readonly Curve[];
}

export class ChartZoom {
  constructor(
    private readonly chart: ZoomedChart,
    private readonly store: GridStore,
    private readonly cursor: Cursor,
  ) {}

  get isZoomed(): boolean {
    const { scope, id } = this.chart;
    const { state } = this.store;
    return zoomOf(scope, state, id) !== null || zoomOfY(scope, state, id) !== null;
  }

  /** Zooms to a part of the plot, in pixels; with `y` given, in both directions. */
  select(x: { from: number; to: number }, y: { top: number; bottom: number } | null): void {
    const { canvas } = this.chart;
    this.showRange(canvas.pixelToX(x.from), canvas.pixelToX(x.to));
    if (y !== null) this.showHeights(canvas.pixelToY(y.bottom), canvas.pixelToY(y.top));
  }

  reset(): void {
    if (!this.isZoomed) return;
    const { scope, id } = this.chart;
    const { state } = this.store;
    this.store.patch({ ...withZoomY(scope, state, id, null), ...withZoom(scope, state, id, null) });
  }

  /**
   * Zooms by a factor around a pixel, or around the cursor. It starts from what is wanted, not from what is drawn: keys may
   * come faster than frames.
   */
  by(factor: number, aroundPx: number | null): void {
    const { canvas, curves, scope, id } = this.chart;
    const { state } = this.store;
    const full = xExtent(curves);
    const now = zoomOf(scope, state, id) ?? canvas.range('x');
    if (now === null || full === null) return;
    const log = scope.logX(state);
    const center = aroundPx === null ? (this.cursor.place?.x ?? middleOf(now, log)) : canvas.pixelToX(aroundPx);
    const { from, to } = scaledWindow(now, center, factor, log);
    if (factor > 1 && from <= full.from && to >= full.to) this.store.patch(withZoom(scope, state, id, null));
    else this.showRange(from, to);
  }

  heightBy(factor: number): void {
    const { canvas, scope, id } = this.chart;
    const { state } = this.store;
    const now = zoomOfY(scope, state, id) ?? canvas.range('y');
    if (now === null) return;
    const { from, to } = scaledWindow(now, middleOf(now, state.log_y), factor, state.log_y);
    this.showHeights(from, to);
  }

  /** Moves the window by a share of its width; false when nothing is zoomed. */
  panBy(share: number): boolean {
    const { scope, id } = this.chart;
    const { state } = this.store;
    const now = zoomOf(scope, state, id);
    if (now === null) return false;
    const { from, to } = movedWindow(now, share, scope.logX(state));
    this.showRange(from, to);
    return true;
  }

  private showRange(from: number, to: number): void {
    const { scope, id } = this.chart;
    if (to > from) this.store.patch(withZoom(scope, this.store.state, id, { from, to }));
  }

  private showHeights(from: number, to: number): void {
    const { scope, id } = this.chart;
    if (to > from) this.store.patch(withZoomY(scope, this.store.state, id, { from, to }));
  }
}
