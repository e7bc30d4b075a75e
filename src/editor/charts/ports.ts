/** What the chart panels need from the rest of the editor; the composition passes it in. */
import type { Disposable } from '../../base/disposable';
import type { Method, Request, Results } from '../../protocol/api';
import type { ImageKind, StoredPanelState } from '../../protocol/panel';
import type { Changed, StopResult } from '../../protocol/rows';

export interface RunClient {
  call<M extends Method>(method: M, params: Request<M>): Promise<Results[M]>;
}

/** The collectors of this window. */
export interface RunSource {
  forRun(run_id: string): Promise<RunClient>;
  watch(run_id: string, topic: string): Disposable;
  onChanged(listener: (event: { change: Changed }) => void): Disposable;
  onState(listener: () => void): Disposable;
  readonly state: 'idle' | 'connecting' | 'connected' | { error: string };
}

export interface RunColorSource {
  of(run_id: string): { color: number; dash: number };
}

/** What other features can do with a run. */
export interface RunActions {
  stop(run_id: string): Promise<StopResult>;
  /** From the last checkpoint when none is named. */
  resume(run_id: string, checkpoint?: string): Promise<unknown>;
  /** Starts the same command as a new run, which is shown beside it. */
  again(run_id: string): Promise<unknown>;
  showOutput(run_id: string): unknown;
  editNotes(run_id: string): unknown;
}

/** Everything a panel can ask of the editor itself. */
export interface EditorActions {
  /** Sends the run's script a command; refused in a workspace that is not trusted. */
  command(run_id: string, type: 'pause' | 'resume' | 'checkpoint_now'): Promise<void>;
  open(run_id: string, file: string, line: number | undefined): Promise<void>;
  /** Reads a whole file; rejects if it is too large to show. */
  read(file: string): Promise<Uint8Array>;
  reveal(run_id: string, file: string): Promise<void>;
  copy(text: string): Promise<void>;
  /** Shows that something was copied. */
  copied(): void;
  link(url: string): Promise<void>;
  save(name: string, kind: ImageKind, data: string): Promise<void>;
}

/** Views saved by name in the workspace. */
export interface ViewStore {
  names(): string[];
  get(name: string): StoredPanelState | undefined;
  /** Asks for the name. */
  save(state: StoredPanelState): Promise<void>;
  remove(name: string): Promise<void>;
}
