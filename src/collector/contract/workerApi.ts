/**
 * The collector's two threads: main (sockets, tokens, journals it writes, child processes) asks, the worker (journals →
 * state → databases) answers and tells of changes. The worker is the same bundle, started with WorkerConfig as its data.
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
  /** Saves happen only while the lease holds this nonce; absent: no lease is asked. */
  lease?: { file: string; nonce: string };
  seal: { journals: JournalPolicy; afterMs: number };
}

/** What may change while it runs. */
export interface Configuration {
  journals?: JournalPolicy | undefined;
  rules?: AlertRule[] | undefined;
}

/** A process of a run that was not seen ending, so that it can be told to stop. */
export interface RunProcess {
  worker: string;
  attempt: number;
  role: Role;
  proc: Proc;
  /** Its process group, where a supervisor said so. */
  pgid: number | null;
}

/** What stopping and resuming a run needs to know. */
export interface LaunchInfo {
  run_id: string;
  status: Status;
  /** The latest one; 0 when nothing started yet. */
  attempt: number;
  /** With paths as they are now, also in a workspace that was moved. */
  launch: Launch | null;
  source: Source;
  /** How many ranks the latest attempt has, whoever started them. */
  ranks: number;
  /** Of an attempt that waits before it begins. */
  starts_at: number | null;
  /** The latest attempt's stop, and the command that asked for it. */
  stop: Omit<StopRung, 'attempt'> | null;
  /** False while a launch is all that there is of the latest attempt. */
  began: boolean;
  checkpoints: Checkpoint[];
  /** Of the latest attempt, innermost (script) first. */
  processes: RunProcess[];
}

/** Times are epoch ms; null: nothing goes. Of many, the oldest `limit`. */
export interface Expiry {
  endedBefore: number | null;
  trashedBefore: number | null;
  limit: number;
}

/** The API's methods that the store answers go to its thread by their own names. Method → [parameters, result]. */
type ApiMethods = { [M in MethodOn<'store'>]: [Params<M>, Results[M]] };

export interface WorkerMethods extends ApiMethods {
  /** Rows as `runs.list` has them; it rejects where one of the runs is not there. */
  rows: [{ run_ids: string[] }, RunRow[]];
  launchInfo: [{ run_id: string }, LaunchInfo];
  /** A journal grew, or (without `file`) something about the run did: it is read before the answer. */
  bell: [{ run_id: string; file?: string }, void];
  /** Answers what is wrong with the rules. */
  configure: [Configuration, string[]];
  /** Runs that are old enough to go to the trash, and out of it. */
  expired: [Expiry, { runs: string[]; trash: string[] }];
  /** Why the run may not be deleted for good; null when it may. */
  purgeable: [{ run_id: string }, string | null];
  /** Directories of runs are gone. */
  removed: [Record<string, never>, void];
  /** Throws the databases away and makes them again from the journals; resolves when that is done. */
  rebuild: [Record<string, never>, { runs: number }];
  /** Reads what is in the journals now and saves, whatever the save budget says. */
  flush: [Record<string, never>, void];
  /** Saves and ends. */
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
  /** The last that was read of it. */
  seq: number;
  role: Role;
  reason: string;
}

/** A run that was read to its end has a new status; after a start there is one notice for each run. */
export interface StatusNotice {
  kind: 'status';
  run_id: string;
  status: Status;
}

/** A rule came true of a run. */
export interface DueNotice {
  kind: 'due';
  run_id: string;
  attempt: number;
  rule: AlertRule;
  title: string;
  text: string;
}

/** An alert is in a run's journals that was not there before. */
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
   * A process of this host ended without a `run_end`. Told once a writer. Main journals it for that attempt as t `run_end`
   * {run_id, status: 'failed', writer, error: {message: reason}}: with `writer` it speaks of that process, not of the attempt.
   */
  | GoneNotice
  | StatusNotice
  | DueNotice
  | AlertedNotice
  | ({ kind: 'state' } & StoreState)
  /** It holds much more memory than it needs: begin it anew. */
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
