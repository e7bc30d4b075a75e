/**
 * Extension host ↔ chart panel. Whole snapshots only: VS Code drops messages to hidden webviews, so nothing may depend
 * on having seen the one before. The panel asks (requests have an id and always get one reply), the host tells.
 */
import { CHART_SIZES, type ChartSize, readChartSize } from './chartSize';
import type { Json } from './events';
import type { OutputChunk, RunDetail, RunRow, Series, StopResult } from './rows';

export const X_AXES = ['step', 'epoch', 'relative', 'wall'] as const;
export type XAxis = (typeof X_AXES)[number];
export const PANEL_TABS = [
  'charts',
  'compare',
  'overview',
  'console',
  'artifacts',
  'system',
  'events',
  'media',
] as const;
export type PanelTab = (typeof PANEL_TABS)[number];
export const BANDS = ['std', 'range', 'none'] as const;
/** What is shaded around a mean: mean ± standard deviation, from the lowest to the highest, nothing. */
export type Band = (typeof BANDS)[number];
/** Pixels that the list of runs has beside the charts. */
export const RUNS_WIDTH = { least: 140, most: 800 };

export interface Zoom {
  from: number;
  to: number;
}

/** A chart that the user made: each line is a metric, or an expression over metrics. */
export interface CustomChart {
  id: string;
  lines: string[];
}

/** How a logged table is sorted and filtered. */
export interface TableArrangement {
  filter: string;
  sort: { column: string; down: boolean } | null;
}

/** A console log, and where in it somebody stopped to read: at a line, counted from a byte; null where it follows. */
export interface ConsolePlace {
  run_id: string;
  worker: string;
  attempt: number;
  at: { offset: number; line: number } | null;
}

/** What the panel remembers over a reload (webview state; the host keeps it for the serializer). */
export interface PanelState {
  run_ids: string[];
  /** The run that header, overview and artifacts speak of. */
  focus: string | null;
  tab: PanelTab;
  hidden: string[];
  x: XAxis;
  /** A metric whose values take the place of the x axis. */
  x_metric: string | null;
  log_x: boolean;
  log_y: boolean;
  /** The y axis shows where most values are. */
  clip: boolean;
  /** 0 (none) … 0.99 */
  smoothing: number;
  search: string;
  /** Sections of the grid. */
  collapsed: string[];
  /** Metric keys. */
  pinned: string[];
  custom: CustomChart[];
  /** Runs of one group are drawn as their mean: `params.lr`, `tags.team`, `experiment`, `status`. */
  group: string | null;
  /** Workers are drawn as their mean where all of them have reported. */
  mean_workers: boolean;
  band: Band;
  /** The chart that fills the panel. */
  maximized: string | null;
  /** Of charts that have none of their own. */
  size: ChartSize;
  /** Of single charts. */
  sizes: Record<string, ChartSize>;
  /** Of the list of runs; null while nobody chose. */
  runs_width: number | null;
  /** All charts zoom together. */
  linked: boolean;
  /** Windows of x, by what they are of: all charts that zoom together, or one chart. */
  zooms: Record<string, Zoom>;
  /** Heights of single charts. */
  zooms_y: Record<string, Zoom>;
  /** `params.lr`, `metrics.loss`: the axes beside each other; null while nobody chose. */
  compare_columns: string[] | null;
  scatter_x: string | null;
  scatter_y: string | null;
  /** Parts of the overview. */
  opened: string[];
  media_search: string;
  /** All that is in the media tab is at the same step. */
  media_together: boolean;
  /** By what they are of, or of all (''); absent for the newest. */
  media_steps: Record<string, number>;
  /** By what they are of; absent for rows as they were logged. */
  tables: Record<string, TableArrangement>;
  events_search: string;
  /** '' for all. */
  events_kind: string;
  console_search: string;
  /** Null for what the run prints now. */
  console_place: ConsolePlace | null;
}

export interface PanelRun {
  row: RunRow;
  /** Index into the palette (0–9) and dash pattern: the same in tree, chart and table. */
  color: number;
  dash: number;
  /** How far a stop has come that was asked for in this window, wherever. */
  stop?: StopResult;
}

/** A series with its columns as the panel draws them: NaN for what is not finite, and for extremes that there are not. */
export interface PanelSeries extends Pick<Series, 'run_id' | 'key' | 'worker' | 'bad' | 'exact' | 'rev' | 'tail_from'> {
  x: Float64Array;
  last: Float64Array;
  min: Float64Array;
  max: Float64Array;
}

export interface SeriesQuery {
  run_id: string;
  keys: string[];
  x: XAxis;
  from?: number;
  to?: number;
  points: number;
  since?: number;
}

export interface OutputQuery {
  run_id: string;
  worker?: string;
  attempt?: number;
  /** The end, about so many bytes of it; else from `offset` on. */
  tail?: number;
  offset: number;
  limit: number;
}

/** Bytes of a console log, whole. */
export type PanelOutput = Omit<OutputChunk, 'data'> & { data: Uint8Array };

/** One of a run's events that is no metric. */
export interface RunEvent {
  worker: string;
  attempt: number;
  /** Epoch microseconds. */
  ts: number;
  type: string;
  payload: Json;
  /** `file:line` of the call. */
  at?: string;
  /** Where the file is that it speaks of. */
  file?: string;
}

export interface PanelPage<T> {
  items: T[];
  next: number;
  total: number;
}

export type PanelAction =
  | { do: 'stop' | 'resume' | 'again' | 'output' | 'checkpoint_now' | 'pause' | 'unpause'; run_id: string }
  | { do: 'resumeFrom'; run_id: string; checkpoint: string }
  | { do: 'open'; run_id: string; file: string; line?: number }
  | { do: 'reveal'; run_id: string; file: string }
  | { do: 'copy'; text: string }
  /** The panel itself put something on the clipboard: the editor's takes only text. */
  | { do: 'copied' }
  /** Opens a page of the web, after the editor asked. */
  | { do: 'link'; url: string }
  | { do: 'notes'; run_id: string }
  /** Asks for a name and keeps what is shown under it; shows it again; forgets it. */
  | { do: 'saveView'; state: PanelState }
  | { do: 'applyView' | 'deleteView'; name: string }
  /** `data` is base64 for png, else text. */
  | { do: 'save'; name: string; kind: ImageKind; data: string };

export type ImageKind = 'png' | 'svg' | 'csv';

export type PanelRequest =
  | { kind: 'series'; id: number; query: SeriesQuery }
  | { kind: 'detail'; id: number; run_id: string }
  | { kind: 'output'; id: number; query: OutputQuery }
  | { kind: 'events'; id: number; run_id: string; offset: number; limit: number; types?: string[] }
  | { kind: 'file'; id: number; run_id: string; file: string }
  | { kind: 'action'; id: number; action: PanelAction };

export type ToHost = PanelRequest | { kind: 'ready' } | { kind: 'state'; state: PanelState };

/** Whether the collector answers; else why not, in words for the user. */
export type Connection = true | string;

export interface RunsMessage {
  /** `runs`: on ready, when the choice of runs changes, when the panel becomes visible. `changed`: rows changed, came or went. */
  kind: 'runs' | 'changed';
  state: PanelState;
  runs: PanelRun[];
  /** The metric that the user chose to stand for runs; '' leaves it to the common rule. */
  key_metric: string;
  /** Names of the views that are kept in this workspace. */
  views: string[];
  connection: Connection;
}

/** What a reply holds, by what was asked. */
export interface Answer {
  series?: PanelSeries[];
  detail?: RunDetail;
  stop?: StopResult;
  view?: PanelState;
  /** Names, after they changed. */
  views?: string[];
  output?: PanelOutput;
  events?: PanelPage<RunEvent>;
  bytes?: Uint8Array;
}

export type ReplyMessage =
  ({ kind: 'reply'; id: number; ok: true } & Answer) | { kind: 'reply'; id: number; ok: false; error: string };

export type ToPanel = RunsMessage | ReplyMessage;

export function newPanelState(run_ids: string[]): PanelState {
  return {
    run_ids,
    focus: run_ids[0] ?? null,
    tab: 'charts',
    hidden: [],
    x: 'step',
    x_metric: null,
    log_x: false,
    log_y: false,
    clip: false,
    smoothing: 0,
    search: '',
    collapsed: ['system'],
    pinned: [],
    custom: [],
    group: null,
    mean_workers: false,
    band: 'std',
    maximized: null,
    size: CHART_SIZES.medium,
    sizes: {},
    runs_width: null,
    linked: true,
    zooms: {},
    zooms_y: {},
    compare_columns: null,
    scatter_x: null,
    scatter_y: null,
    opened: [],
    media_search: '',
    media_together: true,
    media_steps: {},
    tables: {},
    events_search: '',
    events_kind: '',
    console_search: '',
    console_place: null,
  };
}

/** State that was stored, perhaps by another version: what does not fit falls back to the default. */
export function readPanelState(stored: unknown): PanelState {
  const from = fieldsOf(stored);
  const state = newPanelState(texts(from.run_ids) ?? []);
  return {
    ...state,
    focus: typeof from.focus === 'string' && state.run_ids.includes(from.focus) ? from.focus : state.focus,
    tab: PANEL_TABS.find((tab) => tab === from.tab) ?? state.tab,
    hidden: texts(from.hidden) ?? state.hidden,
    x: X_AXES.find((x) => x === from.x) ?? state.x,
    x_metric: textOf(from.x_metric),
    log_x: from.log_x === true,
    log_y: from.log_y === true,
    clip: from.clip === true,
    smoothing: typeof from.smoothing === 'number' ? Math.min(0.99, Math.max(0, from.smoothing)) || 0 : 0,
    search: textOf(from.search) ?? '',
    collapsed: texts(from.collapsed) ?? state.collapsed,
    pinned: texts(from.pinned) ?? state.pinned,
    custom: Array.isArray(from.custom) ? from.custom.flatMap((one: unknown) => customChart(one) ?? []) : [],
    group: textOf(from.group),
    mean_workers: from.mean_workers === true,
    band: BANDS.find((band) => band === from.band) ?? state.band,
    maximized: textOf(from.maximized),
    size: readChartSize(from.size) ?? state.size,
    sizes: read(from.sizes, readChartSize),
    runs_width: Number.isFinite(from.runs_width) ? boundedRunsWidth(from.runs_width as number) : null,
    linked: from.linked !== false,
    zooms: read(from.zooms, zoomOf),
    zooms_y: read(from.zooms_y, zoomOf),
    compare_columns: texts(from.compare_columns) ?? null,
    scatter_x: textOf(from.scatter_x),
    scatter_y: textOf(from.scatter_y),
    opened: texts(from.opened) ?? state.opened,
    media_search: textOf(from.media_search) ?? '',
    media_together: from.media_together !== false,
    media_steps: read(from.media_steps, (step) => (typeof step === 'number' ? step : null)),
    tables: read(from.tables, tableArrangement),
    events_search: textOf(from.events_search) ?? '',
    events_kind: textOf(from.events_kind) ?? '',
    console_search: textOf(from.console_search) ?? '',
    console_place: consolePlace(from.console_place),
  };
}

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : undefined;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** By names; what does not fit is left out. */
function read<T>(value: unknown, one: (value: unknown) => T | null): Record<string, T> {
  return Object.fromEntries(
    Object.entries(fieldsOf(value)).flatMap(([name, each]) => {
      const fits = one(each);
      return fits === null ? [] : [[name, fits]];
    }),
  );
}

function tableArrangement(value: unknown): TableArrangement | null {
  const { filter, sort } = fieldsOf(value);
  const { column, down } = fieldsOf(sort);
  if (typeof filter !== 'string') return null;
  return { filter, sort: typeof column === 'string' ? { column, down: down === true } : null };
}

function consolePlace(value: unknown): ConsolePlace | null {
  const { run_id, worker, attempt, at } = fieldsOf(value);
  const { offset, line } = fieldsOf(at);
  if (typeof run_id !== 'string' || typeof worker !== 'string' || typeof attempt !== 'number') return null;
  const isPlace = typeof offset === 'number' && typeof line === 'number';
  return { run_id, worker, attempt, at: isPlace ? { offset, line } : null };
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
}

function customChart(value: unknown): CustomChart | null {
  const { id, lines } = fieldsOf(value);
  const known = texts(lines);
  return typeof id === 'string' && known !== undefined && known.length > 0 ? { id, lines: known } : null;
}

function zoomOf(value: unknown): Zoom | null {
  const { from, to } = fieldsOf(value);
  return typeof from === 'number' && typeof to === 'number' && to > from ? { from, to } : null;
}

export function boundedRunsWidth(width: number): number {
  return Math.min(RUNS_WIDTH.most, Math.max(RUNS_WIDTH.least, Math.round(width)));
}
