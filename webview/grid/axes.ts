/** The x axis of a grid of charts, and which part of it is shown. */
import type { XAxis } from '../../src/protocol/panel';
import { withEntry } from '../model/panelModel';
import type { SeriesView, Zoom } from '../model/seriesLoader';
import type { GridState } from './gridState';

/** `metric`: another metric's values take the place of steps and times. */
export type DrawnAxis = XAxis | 'metric';

/** The charts of one tab: they have an axis, and zoom together. */
export interface Scope {
  readonly name: string;
  axis(state: GridState): XAxis;
  xMetric(state: GridState): string | null;
  logX(state: GridState): boolean;
}

export const CHARTS: Scope = {
  name: '',
  axis: (state) => (state.x_metric === null ? state.x : 'step'),
  xMetric: (state) => state.x_metric,
  logX: (state) => state.log_x,
};

/** The supervisor's samples have no steps, so only time axes make sense. */
export const SYSTEM: Scope = {
  name: 'system\0',
  axis: (state) => (state.x === 'wall' ? 'wall' : 'relative'),
  xMetric: () => null,
  logX: () => false,
};

export function drawnAxis(scope: Scope, state: GridState): DrawnAxis {
  return scope.xMetric(state) === null ? scope.axis(state) : 'metric';
}

/** With another metric along x, every series is fetched whole: a range of that metric is no range of steps. */
export function seriesViewOf(scope: Scope, state: GridState, id: string): SeriesView {
  const whole = scope.xMetric(state) !== null;
  return {
    x: scope.axis(state),
    zoom: whole ? null : zoomOf(scope, state, id),
    of: whole ? scope.name : zoomKey(scope, state, id),
  };
}

export function zoomOf(scope: Scope, state: GridState, id: string): Zoom | null {
  return state.zooms[zoomKey(scope, state, id)] ?? null;
}

export function withZoom(scope: Scope, state: GridState, id: string, zoom: Zoom | null): Partial<GridState> {
  return { zooms: withEntry(state.zooms, zoomKey(scope, state, id), zoom) };
}

export function zoomOfY(scope: Scope, state: GridState, id: string): Zoom | null {
  return state.zooms_y[scope.name + id] ?? null;
}

export function withZoomY(scope: Scope, state: GridState, id: string, zoom: Zoom | null): Partial<GridState> {
  return { zooms_y: withEntry(state.zooms_y, scope.name + id, zoom) };
}

function zoomKey(scope: Scope, state: GridState, id: string): string {
  return scope.name + (state.linked ? '' : id);
}
