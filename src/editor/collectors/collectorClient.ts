import { t } from '../../base/texts';
import { Emitter } from '../../base/emitter';
import { messageOf } from '../../base/unknown';
import type { CollectorState, JournalPolicy, Method, Request, Results } from '../../protocol/api';
import { ApiError, userError } from '../../protocol/apiError';
import { PROTOCOL_VERSION } from '../../protocol/ids';
import type { Changed } from '../../protocol/rows';
import { discover } from './discover';
import { RpcSocket } from './rpcSocket';
import { type Address, startCollector } from './startCollector';

/** `idle`: there is nothing to show yet, so no collector was started. */
export type ClientState = 'idle' | 'connecting' | 'connected' | { error: string };

type AlertSettings = NonNullable<Request<'collector.configure'>['alerts']>;

/** What a client needs from the window. */
export interface ClientHost {
  version: string;
  build: string;
  env: NodeJS.ProcessEnv;
  /** Resolves to the path of dist/collector.js, or its copy, once it is installed. */
  installedCollector(): Promise<string>;
  idleExitMinutes(): number;
  /** What happens to the journals of finished runs. */
  journals(): JournalPolicy;
  /** After how many days runs are moved to the trash, and deleted from it; null for never. */
  retention(): { days: number | null; trash_days: number | null };
  /** Alert rules and the webhook. */
  alerts(): AlertSettings;
  /** Receives the rules that the collector refused, and why. */
  refused(problems: string[]): void;
  /** Where a started collector's stderr goes. */
  errorFile(dir: string): string;
  log(level: 'info' | 'warn' | 'error', message: string): void;
}

const CALL_WAITS_MS = 25_000;
const BACKOFF_MS = [100, 300, 1_000, 3_000, 10_000];
const HANDOVER_MS = 10_000;
/** How often to retry replacing a collector of an older version. */
const STARTS = 3;

/** This window's connection to the collector of one directory: finds or starts it on demand, and reconnects. */
export class CollectorClient {
  private readonly changed = new Emitter<Changed>();
  private readonly stateChanged = new Emitter<ClientState>();
  private readonly topics = new Map<string, number>([['runs', 1]]);
  private socket: RpcSocket | null = null;
  private connecting: Promise<void> | null = null;
  private retry: NodeJS.Timeout | null = null;
  private failures = 0;
  private disposed = false;
  /** Replace one of the same version only once: two windows of different builds must not replace each other's forever. */
  private mayReplace = true;
  private subscribing = false;

  state: ClientState = 'idle';
  info: CollectorState | null = null;
  readonly onChanged = this.changed.event;
  readonly onState = this.stateChanged.event;

  constructor(
    readonly dir: string,
    private readonly host: ClientHost,
  ) {}

  /** Waits for the collector, and starts one if there is none. */
  async call<M extends Method>(method: M, params: Request<M>): Promise<Results[M]> {
    await withTimeout(this.connect(), CALL_WAITS_MS, () =>
      userError('unavailable', t('The collector for {0} is not responding. Check the log, then try again.', this.dir)),
    );
    if (!this.socket)
      throw userError('unavailable', t('The connection to the collector for {0} was lost. Try again.', this.dir));
    return this.socket.call(method, params);
  }

  /** Subscribes to a topic (`run:<id>`, `series:<id>`) until disposed of. `runs` is always subscribed to. */
  watch(topic: string): { dispose(): void } {
    this.topics.set(topic, (this.topics.get(topic) ?? 0) + 1);
    this.subscribeSoon();
    let active = true;
    return {
      dispose: () => {
        if (!active) return;
        active = false;
        const count = (this.topics.get(topic) ?? 1) - 1;
        if (count > 0) this.topics.set(topic, count);
        else this.topics.delete(topic);
        this.subscribeSoon();
      },
    };
  }

  /** Sends this window's settings to the connected collector. */
  configure(): void {
    const { host } = this;
    this.socket
      ?.call('collector.configure', { journals: host.journals(), retention: host.retention(), alerts: host.alerts() })
      .then(({ problems = [] }) => problems.length > 0 && host.refused(problems))
      .catch((error: unknown) => this.host.log('warn', `Settings were not taken: ${String(error)}`));
  }

  connect(): Promise<void> {
    if (this.disposed) return Promise.reject(userError('unavailable', t('The window is closing.')));
    if (this.socket) return Promise.resolve();
    this.connecting ??= this.establish().finally(() => (this.connecting = null));
    return this.connecting;
  }

  dispose(): void {
    this.disposed = true;
    if (this.retry) clearTimeout(this.retry);
    this.socket?.close();
    this.changed.dispose();
    this.stateChanged.dispose();
  }

  private async establish(): Promise<void> {
    if (this.retry) clearTimeout(this.retry);
    this.retry = null;
    if (this.failures === 0) this.become('connecting');
    try {
      const socket = (await this.openFound()) ?? (await this.openStarted());
      await this.adopt(socket);
    } catch (error) {
      const message = messageOf(error);
      this.failures++;
      this.host.log('error', message);
      this.become({ error: message });
      this.retrySoon();
      throw error instanceof ApiError ? error : userError('unavailable', message);
    }
  }

  private async openFound(): Promise<RpcSocket | null> {
    const found = await discover(this.dir, this.host.env);
    if (!found) return null;
    let socket: RpcSocket;
    try {
      socket = await RpcSocket.open(found);
    } catch (error) {
      this.host.log('info', `The collector of process ${found.pid} does not answer (${String(error)}).`);
      return null;
    }
    if (found.protocol > PROTOCOL_VERSION) {
      socket.close();
      throw userError(
        'unavailable',
        t(
          'The collector for {0} is from a newer version of XTrack ({1}) than this window ({2}). Reload the window or update the extension.',
          this.dir,
          found.version,
          this.host.version,
        ),
      );
    }
    if (!this.shouldReplace(found)) return socket;
    this.host.log('info', `Replacing the collector of ${found.version} (${found.build}) by ${this.host.version}.`);
    await handOver(socket, this.host.version);
    return null;
  }

  private shouldReplace(found: { version: string; build: string }): boolean {
    if (found.build === this.host.build) return false;
    const age = compareVersions(found.version, this.host.version);
    return age < 0 || (age === 0 && this.mayReplace);
  }

  private async openStarted(tries = STARTS): Promise<RpcSocket> {
    const bundle = await this.host.installedCollector();
    const address: Address = await startCollector({
      bundle,
      dir: this.dir,
      idleExitMinutes: this.host.idleExitMinutes(),
      journals: this.host.journals(),
      env: this.host.env,
      errorFile: this.host.errorFile(this.dir),
    });
    this.host.log('info', `Collector for ${this.dir} answers on port ${address.port}.`);
    const socket = await RpcSocket.open(address);
    if (tries === 0 || !this.shouldReplace(await socket.call('collector.info', {}))) return socket;
    // Another collector is there: the one to be replaced is still exiting, or a window of an older version was quicker.
    await handOver(socket, this.host.version);
    return this.openStarted(tries - 1);
  }

  private async adopt(socket: RpcSocket): Promise<void> {
    socket.onChanged((change) => this.changed.fire(change));
    socket.onClosed(() => this.lost(socket));
    const [info] = await Promise.all([
      socket.call('collector.info', {}),
      socket.call('subscribe', { topics: [...this.topics.keys()] }),
    ]);
    if (this.disposed) return socket.close();
    this.socket = socket;
    this.info = info;
    this.mayReplace = false;
    this.failures = 0;
    if (info.follower) this.host.log('warn', `${this.dir}: ${info.follower}`);
    this.configure();
    this.become('connected');
  }

  private lost(socket: RpcSocket): void {
    if (this.socket !== socket) return;
    this.socket = null;
    if (this.disposed) return;
    this.host.log('warn', `Lost the collector for ${this.dir}; looking for it again.`);
    this.become('connecting');
    this.retrySoon();
  }

  private retrySoon(): void {
    if (this.disposed || this.retry) return;
    const delay = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)];
    this.retry = setTimeout(() => {
      this.retry = null;
      // establish() has reported the failure and will try again.
      this.connect().catch(() => undefined);
    }, delay);
  }

  private subscribeSoon(): void {
    if (this.subscribing) return;
    this.subscribing = true;
    queueMicrotask(() => {
      this.subscribing = false;
      this.socket
        ?.call('subscribe', { topics: [...this.topics.keys()] })
        .catch((error: unknown) => this.host.log('warn', `Subscribing failed: ${String(error)}`));
    });
  }

  private become(state: ClientState): void {
    this.state = state;
    this.stateChanged.fire(state);
  }
}

async function handOver(socket: RpcSocket, version: string): Promise<void> {
  const gone = new Promise<void>((resolve) => socket.onClosed(() => resolve()));
  // It may close the connection before it responds: exiting is the response.
  await Promise.race([
    socket.call('collector.handover', { version }).then(
      () => gone,
      () => undefined,
    ),
    delay(HANDOVER_MS),
  ]);
  socket.close();
}

/** Negative if a is older. Parts that are not numbers count as 0. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map((part) => Number.parseInt(part, 10) || 0));
  for (let i = 0; i < 3; i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function withTimeout<T>(promise: Promise<T>, ms: number, error: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(error()), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
