/** The main thread's client of the store's thread. A thread that dies is restarted, because its state is in the journals. */
import { Worker } from 'node:worker_threads';
import type { Disposable } from '../../base/disposable';
import { Emitter } from '../../base/emitter';
import { ApiError } from '../../protocol/apiError';
import type {
  Configuration,
  StoreState,
  WorkerConfig,
  WorkerMessage,
  WorkerMethod,
  WorkerMethods,
  WorkerNotice,
  WorkerRequest,
} from '../contract/workerApi';

/** Only the latest state of the store matters; see `state`. */
export type ClientNotice = Exclude<WorkerNotice, { kind: 'state' }>;

interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

const RESTART_DELAY_MS = 500;

export class WorkerClient implements Disposable {
  private worker: Worker;
  /** Passed on to the next thread. */
  private readonly configured: Configuration = {};
  private nextId = 1;
  private readonly pending = new Map<number, Pending>();
  private readonly notices = new Emitter<ClientNotice>();
  private disposed = false;
  private ending = false;
  private hasExited = false;
  private restart: NodeJS.Timeout | null = null;
  private renewal: Promise<void> | null = null;

  readonly onNotice = this.notices.event;
  /** The store's latest state. */
  state: StoreState = { active: 0, backlog_bytes: 0 };

  constructor(
    private readonly file: string,
    private readonly config: WorkerConfig,
  ) {
    this.worker = this.start();
  }

  call<M extends WorkerMethod>(method: M, params: WorkerMethods[M][0]): Promise<WorkerMethods[M][1]> {
    if (this.disposed || this.ending || this.restart) return Promise.reject(unavailable());
    if (method === 'shutdown') return this.shutDown();
    if (method === 'configure') Object.assign(this.configured, params);
    else if (this.renewal) return this.renewal.then(() => this.call(method, params));
    return this.ask(method, params);
  }

  /** Restarts the thread once it has answered all pending calls; new calls wait until then. */
  renew(): void {
    if (this.disposed || this.ending || this.restart || this.renewal) return;
    this.renewal = this.replace().finally(() => (this.renewal = null));
  }

  /** A renewal in progress either leaves the thread as it is, or has already had it save and end. */
  private async shutDown(): Promise<void> {
    this.ending = true;
    await this.renewal;
    if (!this.hasExited) await this.ask('shutdown', {});
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
    this.hasExited = false;
    worker.on('exit', () => {
      this.hasExited = true;
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
    if (message.kind === 'notice') return this.noticed(message.notice);
    const pending = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (message.kind === 'result') pending?.resolve(message.result);
    else pending?.reject(message.data ? new ApiError(message.data, message.message) : new Error(message.message));
  }

  private noticed(notice: WorkerNotice): void {
    if (notice.kind === 'state') this.state = { active: notice.active, backlog_bytes: notice.backlog_bytes };
    else this.notices.fire(notice);
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
