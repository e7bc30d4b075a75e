/**
 * Extension host ↔ chart panel. Whole snapshots only: VS Code drops messages to hidden webviews, so nothing may depend
 * on having seen the one before. The panel asks (requests have an id and always get one reply), the host tells.
 */
import { isRecord } from '../base/unknown';
import type { Json } from './events';
import type { OutputChunk, RunDetail, RunRow, Series, StopResult } from './rows';

export const X_AXES = ['step', 'epoch', 'relative', 'wall'] as const;
export type XAxis = (typeof X_AXES)[number];

/**
 * What the panel remembers over a reload and in views. Only the panel reads it; the host keeps it, and knows no more of it
 * than which runs it is about.
 */
export interface StoredPanelState {
  run_ids: string[];
  [field: string]: unknown;
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
  /** About so many bytes from the end; without it, from `offset` on. */
  tail?: number;
  offset: number;
  limit: number;
}

/** Bytes of a console log, whole. */
export type PanelOutput = Omit<OutputChunk, 'data'> & { data: Uint8Array };

/** An event of a run that is not a metric. */
export interface RunEvent {
  worker: string;
  attempt: number;
  /** Epoch microseconds. */
  ts: number;
  type: string;
  payload: Json;
  /** `file:line` of the call. */
  at?: string;
  /** The current path of the file it refers to. */
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
  /** Opens a web page, after the editor has asked. */
  | { do: 'link'; url: string }
  | { do: 'notes'; run_id: string }
  /** Asks for a name and saves the view under it; applies it; deletes it. */
  | { do: 'saveView'; state: StoredPanelState }
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

export type ToHost = PanelRequest | { kind: 'ready' } | { kind: 'state'; state: StoredPanelState };

/** Whether the collector answers; else why not, in words for the user. */
export type Connection = true | string;

export interface RunsMessage {
  /** `runs`: on ready, when the choice of runs changes, when the panel becomes visible. `changed`: rows changed, came or went. */
  kind: 'runs' | 'changed';
  state: StoredPanelState;
  runs: PanelRun[];
  /** The metric that the user chose to stand for runs; '' leaves it to the common rule. */
  key_metric: string;
  /** Names of the views that are kept in this workspace. */
  views: string[];
  connection: Connection;
}

/** The content of a reply, which depends on the request. */
export interface Answer {
  series?: PanelSeries[];
  detail?: RunDetail;
  stop?: StopResult;
  view?: StoredPanelState;
  /** The names after a change. */
  views?: string[];
  output?: PanelOutput;
  events?: PanelPage<RunEvent>;
  bytes?: Uint8Array;
}

export type ReplyMessage =
  ({ kind: 'reply'; id: number; ok: true } & Answer) | { kind: 'reply'; id: number; ok: false; error: string };

export type ToPanel = RunsMessage | ReplyMessage;

export function newPanelState(run_ids: string[]): StoredPanelState {
  return { run_ids };
}

export function readPanelState(stored: unknown): StoredPanelState {
  const state = isRecord(stored) ? stored : {};
  const { run_ids } = state;
  return { ...state, run_ids: Array.isArray(run_ids) ? run_ids.filter((id) => typeof id === 'string') : [] };
}
