/**
 * The collector's two threads: main (sockets, tokens, journals it writes, child processes) asks, the worker (journals →
 * state → databases) answers and tells of changes. The worker is the same bundle, started with WorkerConfig as its data.
 */
import { Worker } from 'node:worker_threads';
import type { Disposable } from '../../base/disposable';
import { Emitter } from '../../base/emitter';
import type { JournalPolicy, ListRequest, SeriesRequest } from '../../protocol/api';
import { ApiError, type RpcErrorData } from '../../protocol/apiError';
import type { AlertRule, Json, Launch, Proc, Role, Source, StopRung } from '../../protocol/events';
import type {
  Alert,
  Changed,
  Checkpoint,
  DiskUsage,
  ListResult,
  LogLine,
  RunDetail,
  RunRow,
  SeriesResult,
  Status,
} from '../../protocol/rows';

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

export interface Page {
  run_id: string;
  offset?: number;
  limit?: number;
}

export interface EventsPage extends Page {
  types?: string[];
}

/** Times are epoch ms; null: nothing goes. Of many, the oldest `limit`. */
export interface Expiry {
  endedBefore: number | null;
  trashedBefore: number | null;
  limit: number;
}

/** Method → [parameters, result]. */
export interface WorkerMethods {
  list: [ListRequest, ListResult];
  get: [{ run_id: string }, RunDetail];
  series: [SeriesRequest, SeriesResult];
  events: [EventsPage, { events: Json[]; next: number; total: number }];
  logs: [Page, { lines: LogLine[]; next: number; total: number }];
  launchInfo: [{ run_id: string }, LaunchInfo];
  /** A journal grew, or (without `file`) something about the run did: it is read before the answer. */
  bell: [{ run_id: string; file?: string }, void];
  /** Answers what is wrong with the rules. */
  configure: [Configuration, string[]];
  diskUsage: [Record<string, never>, DiskUsage];
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

/** A run that was read to its end has another status than was told before; each run is told of once after a start. */
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
  | { kind: 'state'; active: number; backlog_bytes: number }
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

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

const RESTART_DELAY_MS = 500;

/** Main's side. A worker that dies is started again: what it knew is in the journals. */
export class WorkerClient implements Disposable {
  private worker: Worker;
  /** What the thread was told, for the one that follows it. */
  private readonly configured: Configuration = {};
  private nextId = 1;
  private readonly pending = new Map<number, Pending>();
  private readonly notices = new Emitter<WorkerNotice>();
  private disposed = false;
  private ending = false;
  private restart: NodeJS.Timeout | null = null;
  private renewal: Promise<void> | null = null;

  readonly onNotice = this.notices.event;

  constructor(
    private readonly file: string,
    private readonly config: WorkerConfig,
  ) {
    this.worker = this.start();
  }

  call<M extends WorkerMethod>(method: M, params: WorkerMethods[M][0]): Promise<WorkerMethods[M][1]> {
    if (this.disposed || this.restart) return Promise.reject(unavailable());
    if (method === 'shutdown') this.ending = true;
    if (method === 'configure') Object.assign(this.configured, params);
    else if (this.renewal) return this.renewal.then(() => this.call(method, params));
    return this.ask(method, params);
  }

  /** Begins the thread anew once it has answered all that it was asked; what is asked meanwhile waits. */
  renew(): void {
    if (this.disposed || this.ending || this.restart || this.renewal) return;
    this.renewal = this.replace().finally(() => (this.renewal = null));
  }

  private ask<M extends WorkerMethod>(method: M, params: WorkerMethods[M][0]): Promise<WorkerMethods[M][1]> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve: resolve, reject });
      this.worker.postMessage({ id, method, params } satisfies WorkerRequest);
    });
  }

  private async replace(): Promise<void> {
    while (this.pending.size > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    if (this.disposed || this.ending || this.restart) return;
    const { worker } = this;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    await this.ask('shutdown', {}).catch(() => undefined);
    await ended;
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    if (this.restart) clearTimeout(this.restart);
    this.rejectAll();
    this.notices.dispose();
    void this.worker.terminate();
  }

  private start(): Worker {
    const worker = new Worker(this.file, { workerData: this.config });
    worker.on('message', (message: WorkerMessage) => this.receive(message));
    worker.postMessage({ id: 0, method: 'configure', params: this.configured } satisfies WorkerRequest);
    worker.on('error', (error) => this.warn(`The store's thread failed: ${error.stack ?? error.message}`));
    worker.on('exit', () => {
      this.rejectAll();
      if (this.disposed || this.ending) return;
      if (this.renewal) {
        this.worker = this.start();
        return;
      }
      this.restart = setTimeout(() => {
        this.restart = null;
        this.worker = this.start();
      }, RESTART_DELAY_MS);
    });
    return worker;
  }

  private receive(message: WorkerMessage): void {
    if (message.kind === 'notice') return this.notices.fire(message.notice);
    const pending = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (message.kind === 'result') pending?.resolve(message.result);
    else pending?.reject(message.data ? new ApiError(message.data, message.message) : new Error(message.message));
  }

  private warn(message: string): void {
    if (!this.disposed) this.notices.fire({ kind: 'warning', message });
  }

  private rejectAll(): void {
    const pending = [...this.pending.values()];
    this.pending.clear();
    for (const { reject } of pending) reject(unavailable());
  }
}

function unavailable(): ApiError {
  return new ApiError(
    { code: 'unavailable', audience: 'log' },
    'The store is starting again after a failure; ask again in a moment.',
  );
}
