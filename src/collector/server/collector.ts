/** Serves one `.xtrack` directory: wires the main thread's parts together, and disposes of them in order. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../base/unknown';
import { PROTOCOL_VERSION } from '../../protocol/ids';
import { HttpServer } from '../api/httpServer';
import { Rpc } from '../api/rpc';
import type { Lease } from '../files/lease';
import { RunDirectories } from '../files/runDirectory';
import { PortServer } from '../ingest/portServer';
import type { Options } from './commandLine';
import type { DiscoveryFile } from './discoveryFile';
import { Journaling } from './journaling';
import { OwnJournals } from './ownJournals';
import { handlersOf, type Service } from './service';
import type { ServiceContext } from './serviceContext';
import { createServices } from './services';
import { WorkerClient, type ClientNotice } from './workerClient';

const IDLE_CHECK_MS = 1_000;
const LEASE_CHECK_MS = 5_000;
const SAVE_WITHIN_MS = 30_000;

export interface CollectorSetup {
  options: Options;
  version: string;
  build: string;
  /** The bundle, which also contains the worker. */
  bundle: string;
  /** Null for a follower. */
  lease: Lease | null;
  follower: string | null;
  discoveryFile: DiscoveryFile;
  log(message: string): void;
  /** Called once everything has been disposed of, so that the process can end. */
  onEnd(exitCode: number): void;
}

export class Collector {
  readonly token: string;
  private readonly store: WorkerClient;
  private readonly services: Service[];
  private readonly http: HttpServer;
  private readonly port: PortServer;
  private readonly timers: NodeJS.Timeout[] = [];
  private leaseMisses = 0;
  private usedAt = performance.now();
  private ending: Promise<void> | null = null;

  constructor(private readonly setup: CollectorSetup) {
    const { options, follower, lease, log, version, build } = setup;
    this.token = setup.discoveryFile.token();
    const runs = new RunDirectories(options.dir);
    const journals = new OwnJournals(runs, `xtrack-collector ${version}`);
    this.store = new WorkerClient(setup.bundle, {
      role: 'store',
      dir: options.dir,
      readOnly: lease === null,
      seal: { journals: options.journals, afterMs: options.sealAfterSeconds * 1000 },
      ...(lease && { lease: { file: lease.path, nonce: lease.nonce } }),
    });
    this.store.onNotice((notice) => this.noticed(notice));
    const ask: ServiceContext['ask'] = (method, params) => this.store.call(method, params);
    const push = (...pushed: Parameters<PortServer['push']>) => this.port.push(...pushed);
    const journaling = new Journaling({ journals, ask, push, log });
    const context: ServiceContext = {
      dir: options.dir,
      privateFolder: setup.discoveryFile.folder,
      pythonPath: join(setup.bundle, '..', 'python'),
      runs,
      follower,
      ask,
      appendEvent: (...event) => journaling.appendEvent(...event),
      appendCommand: (...command) => journaling.appendCommand(...command),
      appendEdit: (edit) => journaling.appendEdit(edit),
      readJournals: (runId) => journaling.readJournals(runId),
      notify: (changes) => this.http.notify(changes),
      log,
    };
    this.services = createServices(context, {
      version,
      build,
      storeState: () => this.store.state,
      configure: (settings) => this.eachOfOwner((service) => service.configured?.(settings)),
      end: () => void this.end(),
    });
    this.http = new HttpServer({
      token: this.token,
      boundHost: options.host,
      rpc: new Rpc(handlersOf(this.services), ask, log),
      log,
      onRequest: () => (this.usedAt = performance.now()),
    });
    this.port = new PortServer({
      token: this.token,
      runs,
      follower,
      grown: (runId, file) => void journaling.grown(runId, file),
      commandsOf: (runId) => journals.commandsOf(runId),
      http: (socket, trusted, proven) => this.http.accept(socket, trusted, proven),
      log,
    });
  }

  /** Resolves with the port. Rejects if listening fails. */
  async start(): Promise<number> {
    const port = await this.listen();
    await this.announce(port).catch((error: unknown) =>
      this.setup.log(`Clients cannot discover this collector: ${messageOf(error)}`),
    );
    this.eachOfOwner((service) => service.start?.());
    this.timers.push(setInterval(() => this.checkLease(), LEASE_CHECK_MS));
    this.timers.push(setInterval(() => this.checkIdle(), IDLE_CHECK_MS));
    return port;
  }

  /** If any port will do, the previous collector's is preferred, because scripts on other machines know it. */
  private async listen(): Promise<number> {
    const { options, discoveryFile } = this.setup;
    const known = options.port === 0 ? discoveryFile.lastPort() : 0;
    return this.port.listen(options.host, known || options.port).catch((error: unknown) => {
      if (known === 0) throw error;
      return this.port.listen(options.host, 0);
    });
  }

  /** Saves and ends. Further calls return the same promise. */
  end(exitCode = 0): Promise<void> {
    this.ending ??= this.endOnce(exitCode);
    return this.ending;
  }

  private async announce(port: number): Promise<void> {
    const { discoveryFile, version, build } = this.setup;
    discoveryFile.prepare();
    const socket = discoveryFile.socketPath;
    if (socket !== null) await this.port.listenOnSocket(socket);
    const { pid } = process;
    const { token } = this;
    discoveryFile.write({ pid, host: hostname(), port, token, version, build, protocol: PROTOCOL_VERSION, socket });
  }

  private async endOnce(exitCode: number): Promise<void> {
    const { discoveryFile, lease, log } = this.setup;
    for (const timer of this.timers) clearInterval(timer);
    // From here on, scripts have to connect to the next collector.
    this.port.stopListening();
    for (const service of this.services.toReversed()) await this.inService(service, () => service.dispose?.());
    const late = new Promise<never>((_, reject) =>
      setTimeout(() => reject(new Error(`not saved within ${SAVE_WITHIN_MS / 1000} s`)), SAVE_WITHIN_MS).unref(),
    );
    await Promise.race([this.store.call('shutdown', {}), late]).catch((error: unknown) =>
      log(`The last save failed, but the journals are complete: ${messageOf(error)}`),
    );
    discoveryFile.remove(process.pid);
    lease?.release();
    this.store.dispose();
    this.http.dispose();
    this.port.dispose();
    this.setup.onEnd(exitCode);
  }

  private checkIdle(): void {
    const { idleExitMinutes } = this.setup.options;
    const isBusy = this.http.clients + this.port.clients + this.store.state.active > 0;
    if (isBusy || this.services.some(({ active }) => active)) this.usedAt = performance.now();
    if (idleExitMinutes === null || performance.now() - this.usedAt < idleExitMinutes * 60_000) return;
    void this.end();
  }

  /** The directory was deleted, or taken over by a collector that believed this one dead, so nothing more is saved there. */
  private checkLease(): void {
    if (!this.setup.lease) return;
    // Checks twice, because a takeover of a dead lease may move ours aside for a moment.
    this.leaseMisses = this.setup.lease.isOurs() ? 0 : this.leaseMisses + 1;
    if (this.leaseMisses < 2) return;
    this.setup.log(`${this.setup.options.dir} no longer belongs to this collector, which ends.`);
    void this.end(1);
  }

  private noticed(notice: ClientNotice): void {
    switch (notice.kind) {
      case 'changed':
        return this.http.notify(notice.changes);
      case 'heavy':
        return this.store.renew();
      case 'warning':
        return this.setup.log(notice.message);
      case 'status':
        return this.eachOfOwner((service) => service.runChanged?.(notice));
      case 'gone':
        return this.eachOfOwner((service) => service.processGone?.(notice));
      case 'due':
        return this.eachOfOwner((service) => service.alertDue?.(notice));
      case 'alerted':
        return this.eachOfOwner((service) => service.alertRaised?.(notice));
    }
  }

  /** Starts the work that services do unasked. A follower changes nothing, so it starts none. */
  private eachOfOwner(does: (service: Service) => void | Promise<void>): void {
    if (this.setup.follower !== null) return;
    for (const service of this.services) void this.inService(service, () => does(service));
  }

  /** A service that throws does not take the others down. */
  private async inService({ name }: Service, work: () => void | Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.setup.log(`Unexpected error in service ${name}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
}
