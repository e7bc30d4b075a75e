/** Ids that package.json and running code both need, beside those that the declarations are keyed by. */

export const VIEW_CONTAINER = 'xtrack';
export const RUNS_VIEW = 'xtrack.runs';
export const TASK_TYPE = 'xtrack';

/** A restored panel and an editor of notes activate the extension. */
export const CHARTS_PANEL = 'xtrack.charts';
export const NOTES_SCHEME = 'xtrack-notes';

/** Context keys that `when` clauses and the walkthrough ask for. */
export const CONTEXT_KEYS = [
  'xtrack.view',
  'xtrack.filtered',
  'xtrack.did.example',
  'xtrack.did.track',
  'xtrack.did.lines',
  'xtrack.did.compare',
] as const;
export type ContextKey = (typeof CONTEXT_KEYS)[number];

export const SERIES_COLORS = [
  'xtrack.series1',
  'xtrack.series2',
  'xtrack.series3',
  'xtrack.series4',
  'xtrack.series5',
  'xtrack.series6',
  'xtrack.series7',
  'xtrack.series8',
  'xtrack.series9',
  'xtrack.series10',
] as const;
