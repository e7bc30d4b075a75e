/** The columns of a grid, and how much of it a chart takes: which size it has, how wide that is, what a drag makes of it. */
import { boundedSize, type ChartSize, isSameSize, LEAST_SIZE } from './chartSize';
import type { Scope } from './axes';
import type { GridState } from './gridState';
import { withEntry } from '../model/panelModel';

/** As --gap in shared/base.css. */
const GAP = 12;
/** No column is narrower while there is room for two. */
const COLUMN = 100;
/** Height of a grid row in pixels. It is small so that charts of any height can be stacked beside a taller one. */
const ROW = 2;
/** Dragging this far beyond the last column means the full width. */
const EDGE = 16;

export interface GridColumns {
  count: number;
  /** Distance from the start of one column to the start of the next. */
  pitch: number;
}

/** Picks a count with which charts of the common size fill whole rows. */
export function columnsIn(width: number, size: ChartSize): GridColumns {
  const fit = Math.max(LEAST_SIZE.columns, Math.floor((width + GAP) / (COLUMN + GAP)));
  const chart = Math.min(size.columns, fit);
  const count = chart * Math.floor(fit / chart);
  return { count, pitch: (width + GAP) / count };
}

/** A chart that is wider than the grid takes all of it. */
export function spanOf(size: ChartSize, { count }: GridColumns): number {
  return Math.min(size.columns, count);
}

export function widthOf(size: ChartSize, columns: GridColumns): number {
  return spanOf(size, columns) * columns.pitch - GAP;
}

/** With the gap below it. */
export function rowsOf({ height }: ChartSize): number {
  return Math.ceil((height + GAP) / ROW);
}

export function hasOwnSize(scope: Scope, state: GridState, id: string): boolean {
  return state.sizes[scope.name + id] !== undefined;
}

export function sizeOf(scope: Scope, state: GridState, id: string): ChartSize {
  return state.sizes[scope.name + id] ?? state.size;
}

/** A chart of the common size follows it from then on. */
export function withSize(scope: Scope, state: GridState, id: string, size: ChartSize | null): Partial<GridState> {
  const own = size === null || isSameSize(size, state.size) ? null : boundedSize(size);
  return { sizes: withEntry(state.sizes, scope.name + id, own) };
}

/** Sets the shown width. A width that is not changed is kept even if there is no room for it now. */
export function withColumns(size: ChartSize, wanted: number, columns: GridColumns): ChartSize {
  const span = Math.min(columns.count, Math.max(LEAST_SIZE.columns, wanted));
  return span === spanOf(size, columns) ? size : { ...size, columns: span };
}

/** `room`: the pixels between the chart and the end of the grid. */
export function draggedSize(
  size: ChartSize,
  by: { x: number; y: number },
  columns: GridColumns,
  room: number,
): ChartSize {
  const width = widthOf(size, columns) + by.x;
  const wanted = by.x > room + EDGE ? columns.count : Math.round((width + GAP) / columns.pitch);
  return boundedSize({ ...withColumns(size, wanted, columns), height: size.height + by.y });
}
