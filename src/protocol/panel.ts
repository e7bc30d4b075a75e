/**
 * Extension host ↔ chart panel. Whole snapshots only: VS Code drops messages to hidden webviews, so nothing may depend
 * on having seen the one before. The panel asks (requests have an id and always get one reply), the host tells.
 */
import type { RunDetail, RunRow, Series } from './rows';

export type XAxis = 'step' | 'epoch' | 'relative' | 'wall';

/** What the panel remembers over a reload (webview state; the host keeps it for the serializer). */
export interface PanelState {
  run_ids: string[];
  hidden: string[];
  x: XAxis;
  log_y: boolean;
  smoothing: number;
  search: string;
  collapsed: string[];
  pinned: string[];
  zoom: { from: number; to: number } | null;
}

export interface PanelRun {
  row: RunRow;
  /** Index into the palette (0–9) and dash pattern: the same in tree, chart and table. */
  color: number;
  dash: number;
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
  | { do: 'open'; file: string; line?: number }
  | { do: 'reveal'; file: string }
  | { do: 'copy'; text: string }
  | { do: 'save'; name: string; kind: 'png' | 'svg' | 'csv'; data: string }
  | { do: 'pickRuns' };

export type PanelRequest =
  | { kind: 'series'; id: number; query: SeriesQuery }
  | { kind: 'detail'; id: number; run_id: string }
  | { kind: 'action'; id: number; action: PanelAction };

export type ToHost = PanelRequest | { kind: 'ready' } | { kind: 'state'; state: PanelState };

export type ToPanel =
  /** Sent on ready, when the choice of runs changes, and when the panel becomes visible. */
  | { kind: 'runs'; state: PanelState; runs: PanelRun[]; connected: string | true }
  /** Rows of shown runs that changed, whole; their series may have grown too. */
  | { kind: 'changed'; runs: PanelRun[]; connected: string | true }
  | { kind: 'reply'; id: number; ok: true; series?: Series[]; detail?: RunDetail }
  | { kind: 'reply'; id: number; ok: false; error: string };
