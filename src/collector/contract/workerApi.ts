/**
 * The messages between the collector's two threads. Main (sockets, tokens, its own journals, child processes) asks; the
 * worker (journals → state → databases) answers and sends notices of changes. The worker is the same bundle, started with
 * WorkerConfig as its data.
 */
import type { JournalPolicy, MethodOn, Params, Results } from '../../protocol/api';
import type { RpcErrorData } from '../../protocol/apiError';
import type { AlertRule, Launch, Proc, Role, Source, StopRung } from '../../protocol/events';
import type { Alert, Changed, Checkpoint, RunRow, Status } from '../../protocol/rows';

export interface WorkerConfig {
  role: 'store';
  /** The `.xtrack` directory. */
  dir: string;
  /** A follower's worker answers everything and writes nothing. */
  readOnly: boolean;
  /** Saves happen only while the lease holds this nonce; absent: no lease is needed. */
  lease?: { file: string; nonce: string };
  seal: { journals: JournalPolicy; afterMs: number };
}

/** Settings that may change while the worker runs. */
export interface Configuration {
  journals?: JournalPolicy | undefined;
  rules?: AlertRule[] | undefined;
}

/** A process of a run that may still be alive and can be signalled to stop. */
export interface RunProcess {
  worker: string;
  attempt: number;
  role: Role;
  proc: Proc;
  /** Its process group, if a supervisor reported one. */
  pgid: number | null;
}

/** What stopping and resuming a run needs to know. */
export interface LaunchInfo {
  run_id: string;
  status: Status;
  /** The latest attempt; 0 if nothing has started yet. */
  attempt: number;
  /** Its paths are the current ones, even if the workspace was moved. */
  launch: Launch | null;
  source: Source;
  /** The number of ranks of the latest attempt, whatever started them. */
  ranks: number;
  /** When a waiting attempt is due to start, epoch ms. */
  starts_at: number | null;
  /** How far stopping the latest attempt has gone, and the command that asked for it. */
  stop: Omit<StopRung, 'attempt'> | null;
  /** True if only imports are left of the latest attempt, so that there is nothing here to stop. */
  imported: boolean;
  /** False while the latest attempt consists of its launch alone. */
  began: boolean;
  checkpoints: Checkpoint[];
  /** Processes of the latest attempt, innermost (script) first. */
  processes: RunProcess[];
}

/** Times are epoch ms; null means that nothing expires. At most `limit` runs are returned, the oldest first. */
export interface Expiry {
  endedBefore: number | null;
  trashedBefore: number | null;
  limit: number;
}

/** Methods of the API that the store answers keep their names on its thread. Method → [parameters, result]. */
type ApiMethods = { [M in MethodOn<'store'>]: [Params<M>, Results[M]] };

export interface WorkerMethods extends ApiMethods {
  /** Rows as `runs.list` returns them; rejects if one of the runs does not exist. */
  rows: [{ run_ids: string[] }, RunRow[]];
  launchInfo: [{ run_id: string }, LaunchInfo];
  /** Reports that a journal grew, or without `file` that the run changed; answered once it has been read. */
  bell: [{ run_id: string; file?: string }, void];
  /** Returns a message for each invalid rule. */
  configure: [Configuration, string[]];
  /** Runs that are old enough to be moved to the trash, or purged from it. */
  expired: [Expiry, { runs: string[]; trash: string[] }];
  /** The reason why the run may not be purged; null if it may. */
  purgeable: [{ run_id: string }, string | null];
  /** Reports that directories of runs were removed. */
  removed: [Record<string, never>, void];
  /** Deletes the databases and rebuilds them from the journals; resolves when that is done. */
  rebuild: [Record<string, never>, { runs: number }];
  /** Reads what is in the journals now and saves, whatever the save budget says. */
  flush: [Record<string, never>, void];
  /** Saves everything and ends the thread. */
  shutdown: [Record<string, never>, void];
}

export type WorkerMethod = keyof WorkerMethods;
export type AskStore = <M extends WorkerMethod>(method: M, params: WorkerMethods[M][0]) => Promise<WorkerMethods[M][1]>;

export interface GoneNotice {
  kind: 'gone';
  run_id: string;
  attempt: number;
  worker: string;
  writer: string;
  /** Sequence number of the last event that was read from it. */
  seq: number;
  role: Role;
  reason: string;
}

/** A run that was read completely has a new status. After a start there is one notice for each run. */
export interface StatusNotice {
  kind: 'status';
  run_id: string;
  status: Status;
}

/** A rule came true for a run. */
export interface DueNotice {
  kind: 'due';
  run_id: string;
  attempt: number;
  rule: AlertRule;
  title: string;
  text: string;
}

/** A new alert is in a run's journals. */
export interface AlertedNotice {
  kind: 'alerted';
  alert: Alert;
  row: Pick<RunRow, 'run_id' | 'name' | 'experiment' | 'status' | 'attempt'>;
}

export interface StoreState {
  /** Runs that are queued or running. */
  active: number;
  backlog_bytes: number;
}

export type WorkerNotice =
  | { kind: 'changed'; changes: Changed[] }
  /**
   * A process of this host ended without a `run_end`. It is reported once for each writer. Main journals it for that
   * attempt as t `run_end` {run_id, status: 'failed', writer, error: {message: reason}}; because of `writer` it concerns
   * that process, not the whole attempt.
   */
  | GoneNotice
  | StatusNotice
  | DueNotice
  | AlertedNotice
  | ({ kind: 'state' } & StoreState)
  /** The worker holds much more memory than it needs and should be restarted. */
  | { kind: 'heavy' }
  | { kind: 'warning'; message: string };

export interface WorkerRequest {
  id: number;
  method: WorkerMethod;
  params: unknown;
}

export type WorkerMessage =
  | { kind: 'result'; id: number; result: unknown }
  | { kind: 'error'; id: number; message: string; data: RpcErrorData | null }
  | { kind: 'notice'; notice: WorkerNotice };
