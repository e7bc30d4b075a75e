/**
 * Extension host ↔ chart panel. Whole snapshots only: VS Code drops messages to hidden webviews, so nothing may depend
 * on having seen the one before. The panel asks (requests have an id and always get one reply), the host tells.
 */
import type { RunDetail, RunRow, Series, StopResult } from './rows';

export const X_AXES = ['step', 'epoch', 'relative', 'wall'] as const;
export type XAxis = (typeof X_AXES)[number];
export const PANEL_TABS = ['charts', 'overview', 'artifacts'] as const;
export type PanelTab = (typeof PANEL_TABS)[number];

/** What the panel remembers over a reload (webview state; the host keeps it for the serializer). */
export interface PanelState {
  run_ids: string[];
  /** The run that header, overview and artifacts speak of. */
  focus: string | null;
  tab: PanelTab;
  hidden: string[];
  x: XAxis;
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
  /** On the chosen x axis. */
  zoom: { from: number; to: number } | null;
}

export interface PanelRun {
  row: RunRow;
  /** Index into the palette (0–9) and dash pattern: the same in tree, chart and table. */
  color: number;
  dash: number;
  /** How far a stop has come that was asked for in this window, wherever. */
  stop?: StopResult;
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

export type PanelAction =
  | { do: 'stop' | 'resume' | 'output' | 'checkpoint_now' | 'pause' | 'unpause'; run_id: string }
  | { do: 'resumeFrom'; run_id: string; checkpoint: string }
  | { do: 'open'; run_id: string; file: string; line?: number }
  | { do: 'reveal'; run_id: string; file: string }
  | { do: 'copy'; text: string }
  /** `data` is text for csv, base64 for png. */
  | { do: 'save'; name: string; kind: 'png' | 'csv'; data: string };

export type PanelRequest =
  | { kind: 'series'; id: number; query: SeriesQuery }
  | { kind: 'detail'; id: number; run_id: string }
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
  connection: Connection;
}

export type ReplyMessage =
  | { kind: 'reply'; id: number; ok: true; series?: Series[]; detail?: RunDetail; stop?: StopResult }
  | { kind: 'reply'; id: number; ok: false; error: string };

export type ToPanel = RunsMessage | ReplyMessage;

export function newPanelState(run_ids: string[]): PanelState {
  return {
    run_ids,
    focus: run_ids[0] ?? null,
    tab: 'charts',
    hidden: [],
    x: 'step',
    log_y: false,
    clip: false,
    smoothing: 0,
    search: '',
    collapsed: ['system'],
    pinned: [],
    zoom: null,
  };
}

/** State that was stored, perhaps by another version: what does not fit falls back to the default. */
export function readPanelState(stored: unknown): PanelState {
  const from = (typeof stored === 'object' && stored !== null ? stored : {}) as Record<string, unknown>;
  const state = newPanelState(texts(from.run_ids) ?? []);
  const zoom = from.zoom as { from?: unknown; to?: unknown } | null | undefined;
  return {
    ...state,
    focus: typeof from.focus === 'string' && state.run_ids.includes(from.focus) ? from.focus : state.focus,
    tab: PANEL_TABS.find((tab) => tab === from.tab) ?? state.tab,
    hidden: texts(from.hidden) ?? state.hidden,
    x: X_AXES.find((x) => x === from.x) ?? state.x,
    log_y: from.log_y === true,
    clip: from.clip === true,
    smoothing: typeof from.smoothing === 'number' ? Math.min(0.99, Math.max(0, from.smoothing)) || 0 : 0,
    search: typeof from.search === 'string' ? from.search : '',
    collapsed: texts(from.collapsed) ?? state.collapsed,
    pinned: texts(from.pinned) ?? state.pinned,
    zoom: typeof zoom?.from === 'number' && typeof zoom.to === 'number' ? { from: zoom.from, to: zoom.to } : null,
  };
}

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : undefined;
}
