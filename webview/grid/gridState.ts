/** How charts are drawn, as set in the toolbar, in menus or by dragging. The grids of all tabs share it. */
import { X_AXES } from '../../src/protocol/panel';
import { isRecord } from '../../src/base/unknown';
import type { Zoom } from '../model/seriesLoader';
import { type StateOf, stateSlice } from '../model/stateSlice';
import {
  field,
  flag,
  listOf,
  mapOf,
  numberWithin,
  oneOf,
  optional,
  readList,
  readText,
  text,
} from '../shared/storedFields';
import { CHART_SIZES, type ChartSize, readChartSize } from './chartSize';

export const BANDS = ['std', 'range', 'none'] as const;
/** What is shaded around a mean: mean ± standard deviation, from the lowest to the highest, nothing. */
export type Band = (typeof BANDS)[number];

/** A chart that the user made: each line is a metric, or an expression over metrics. */
export interface CustomChart {
  id: string;
  lines: string[];
}

export const GRID_STATE = stateSlice('charts', {
  x: oneOf(X_AXES, 'step'),
  /** A metric whose values take the place of the x axis. */
  x_metric: optional(readText),
  log_x: flag(false),
  log_y: flag(false),
  /** The y axis shows where most values are. */
  clip: flag(false),
  /** From 0, which is none. */
  smoothing: numberWithin(0, 0.99, 0),
  search: text(),
  /** Sections of the grid. */
  collapsed: listOf(readText, ['system']),
  /** Metric keys, and ids of the user's own charts. */
  pinned: listOf(readText),
  custom: listOf(readCustomChart),
  /** Workers are drawn as their mean where all of them have reported. */
  mean_workers: flag(false),
  band: oneOf(BANDS, 'std'),
  /** The chart that fills the panel. */
  maximized: optional(readText),
  /** The size of charts without one of their own. */
  size: field<ChartSize>(CHART_SIZES.medium, readChartSize),
  /** Sizes of single charts. */
  sizes: mapOf(readChartSize),
  /** All charts zoom together. */
  linked: flag(true),
  /** Zoomed ranges of x, by chart, or under one key for all charts that zoom together. */
  zooms: mapOf(readZoom),
  /** Zoomed ranges of y, by chart. */
  zooms_y: mapOf(readZoom),
});

export type GridState = StateOf<typeof GRID_STATE>;

/** Where a grid reads and writes its state. */
export interface GridStore {
  readonly state: GridState;
  patch(change: Partial<GridState>): void;
}

function readCustomChart(stored: unknown): CustomChart | null {
  if (!isRecord(stored) || typeof stored.id !== 'string') return null;
  const lines = readList(stored.lines, readText);
  return lines !== null && lines.length > 0 ? { id: stored.id, lines } : null;
}

function readZoom(stored: unknown): Zoom | null {
  if (!isRecord(stored)) return null;
  const { from, to } = stored;
  return typeof from === 'number' && typeof to === 'number' && to > from ? { from, to } : null;
}
