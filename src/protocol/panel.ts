/**
 * Messages between the extension host and the chart panel. The host sends whole snapshots only, because VS Code drops
 * messages to hidden webviews. The panel sends requests, which have an id and always get exactly one reply.
 */
import { isRecord } from '../base/unknown';
import type { Json } from './events';
import type { OutputChunk, RunDetail, RunRow, Series, StopResult } from './rows';

export const X_AXES = ['step', 'epoch', 'relative', 'wall'] as const;
export type XAxis = (typeof X_AXES)[number];

/**
 * State that the panel keeps across reloads and in views. The host stores it, but reads only which runs it is about.
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
  /** How far a stop that was requested in this window has come. */
  stop?: StopResult;
}

/** A series with its columns as the panel draws them: NaN for values that are not finite and for missing extremes. */
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
  /** Returns about this many bytes from the end; if absent, bytes from `offset` on. */
  tail?: number;
  offset: number;
  limit: number;
}

/** A part of a console log, decoded to bytes. */
export type PanelOutput = Omit<OutputChunk, 'data'> & { data: Uint8Array };

/** Any event of a run except a metric. */
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
  /** The panel has written to the clipboard itself, because the editor's API takes only text. */
  | { do: 'copied' }
  /** Opens a web page after the editor's confirmation. */
  | { do: 'link'; url: string }
  | { do: 'notes'; run_id: string }
  /** Asks for a name and saves the view under it. */
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

/** True while the collector answers; otherwise a message for the user that says why it does not. */
export type Connection = true | string;

export interface RunsMessage {
  /** `runs`: the panel is ready or visible again, or its selection of runs changed. `changed`: rows changed, came or went. */
  kind: 'runs' | 'changed';
  state: StoredPanelState;
  runs: PanelRun[];
  /** The user's key metric; '' leaves the choice to the common rule. */
  key_metric: string;
  /** Names of the views saved in this workspace. */
  views: string[];
  connection: Connection;
}

/** The content of a reply; which field is set depends on the request. */
export interface Answer {
  series?: PanelSeries[];
  detail?: RunDetail;
  stop?: StopResult;
  view?: StoredPanelState;
  /** Names of the saved views after a change. */
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
