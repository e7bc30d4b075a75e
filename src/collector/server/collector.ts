/** Wires the collector's rooms together, and ends them in order. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../base/unknown';
import { ApiError, type CollectorState } from '../../protocol/api';
import type { Command, Edit, Json } from '../../protocol/events';
import { PROTOCOL_VERSION } from '../../protocol/ids';
import { Alerts } from './services/alerts/alerts';
import { HttpServer } from '../api/httpServer';
import { createMethods } from '../api/methods';
import { Rpc } from '../api/rpc';
import { Tasks } from '../api/tasks';
import type { Options } from './commandLine';
import { Deliveries } from './services/webhook/deliveries';
import type { DiscoveryFile } from './discoveryFile';
import { PortServer } from '../ingest/portServer';
import { Launcher } from './services/launcher/launcher';
import type { LauncherPorts } from './services/launcher/launcherPorts';
import { RecoveryPlans } from './services/launcher/plans';
import { Recovery } from './services/launcher/recovery';
import { sendInput } from './services/launcher/scriptInput';
import { StopLadders } from './services/launcher/stopLadder';
import type { Lease } from '../files/lease';
import { OwnJournals } from './ownJournals';
import { liveness } from '../files/processIdentity';
import { Retention } from './services/retention/retention';
import { RunDirectories } from '../files/runDirectory';
import { Trash } from './services/trash/trash';
import { Webhook } from './services/webhook/webhook';
import { WorkerClient, type GoneNotice, type StatusNotice, type WorkerNotice } from '../contract/workerApi';

const IDLE_CHECK_MS = 1_000;
const LEASE_CHECK_MS = 5_000;
const SAVE_WITHIN_MS = 30_000;
/** The reply to a handover goes out first. */
const HANDOVER_DELAY_MS = 100;

export interface CollectorSetup {
  options: Options;
  version: string;
  build: string;
  /** The bundle, which is the worker's too. */
  bundle: string;
  /** Null for a follower. */
  lease: Lease | null;
  follower: string | null;
  discoveryFile: DiscoveryFile;
  log(message: string): void;
  /** The process is to end: everything was given back. */
  onEnd(exitCode: number): void;
}

export class Collector {
  readonly token: string;
  private readonly runs: RunDirectories;
  private readonly journals: OwnJournals;
  private readonly worker: WorkerClient;
  private readonly tasks: Tasks;
  private readonly trash: Trash;
  private readonly retention: Retention;
  private readonly launching: LauncherPorts;
  private readonly launcher: Launcher;
  private readonly recovery: Recovery;
  private readonly ladders: StopLadders;
  private readonly webhook: Webhook;
  private readonly alerts: Alerts;
  private readonly http: HttpServer;
  private readonly port: PortServer;
  private readonly timers: NodeJS.Timeout[] = [];
  private active = 0;
  private backlogBytes = 0;
  private leaseMisses = 0;
  private lastUse = performance.now();
  private ending: Promise<void> | null = null;

  constructor(private readonly setup: CollectorSetup) {
    const { options, follower, lease, log } = setup;
    this.token = setup.discoveryFile.token();
    this.runs = new RunDirectories(options.dir);
    this.journals = new OwnJournals(this.runs, `xtrack-collector ${setup.version}`);
    this.worker = new WorkerClient(setup.bundle, {
      role: 'store',
      dir: options.dir,
      readOnly: lease === null,
      seal: { journals: options.journals, afterMs: options.sealAfterSeconds * 1000 },
      ...(lease && { lease: { file: lease.path, nonce: lease.nonce } }),
    });
    this.worker.onNotice((notice) => this.noticed(notice));
    this.tasks = new Tasks((rev) => this.http.notify([{ topic: 'tasks', rev }]));
    const call: WorkerClient['call'] = (method, params) => this.worker.call(method, params);
    this.trash = new Trash({ runs: this.runs, call, log });
    this.retention = new Retention({
      trash: this.trash,
      call,
      moveToTrash: (run_id) => this.edit({ run_id, deleted: true }),
      log,
    });
    const ports = (this.launching = this.launcherPorts());
    this.launcher = new Launcher(ports, (launch, env) => this.recovery.started(launch, env));
    const plans = new RecoveryPlans(join(setup.discoveryFile.folder, 'recovery'), log);
    this.recovery = new Recovery(ports, plans, this.launcher);
    this.ladders = new StopLadders(ports, (runId) => this.launcher.supervisorOf(runId));
    this.webhook = new Webhook(new Deliveries(join(setup.discoveryFile.folder, 'webhook'), log), log);
    this.alerts = new Alerts({
      webhook: this.webhook,
      appendEvent: (...event) => this.appendEvent(...event),
      stop: (runId) => this.ladders.stop(runId),
      log,
    });
    this.http = new HttpServer({
      token: this.token,
      boundHost: options.host,
      rpc: new Rpc(createMethods(this.apiPorts()), log),
      log,
      onUse: () => (this.lastUse = performance.now()),
    });
    this.port = new PortServer({
      token: this.token,
      runs: this.runs,
      follower,
      grown: (runId, file) => void this.grown(runId, file),
      commandsOf: (runId) => this.journals.commandsOf(runId),
      http: (socket, trusted, proven) => this.http.accept(socket, trusted, proven),
      log,
    });
  }

  /** Answers the port. Rejects where it cannot be listened on. */
  async start(): Promise<number> {
    const { lease, log } = this.setup;
    const port = await this.listen();
    await this.announce(port).catch((error: unknown) =>
      log(`Clients will not find this collector by themselves: ${messageOf(error)}`),
    );
    // A follower leaves everything as it is.
    if (lease) {
      void this.trash.removeLeftOvers();
      this.recovery.start();
    }
    this.timers.push(setInterval(() => this.checkLease(), LEASE_CHECK_MS));
    this.timers.push(setInterval(() => this.checkIdle(), IDLE_CHECK_MS));
    return port;
  }

  /** Where any port will do, that of the collector before: scripts on other machines were told that one. */
  private async listen(): Promise<number> {
    const { options, discoveryFile } = this.setup;
    const known = options.port === 0 ? discoveryFile.lastPort() : 0;
    return this.port.listen(options.host, known || options.port).catch((error: unknown) => {
      if (known === 0) throw error;
      return this.port.listen(options.host, 0);
    });
  }

  /** Saves and ends; once, however often it is asked. */
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
    this.ladders.dispose();
    this.retention.dispose();
    this.webhook.dispose();
    this.recovery.dispose();
    // Sockets first: what scripts send from here on, the next collector gets.
    this.port.stopListening();
    const late = new Promise<never>((_, reject) =>
      setTimeout(() => reject(new Error(`not saved within ${SAVE_WITHIN_MS / 1000} s`)), SAVE_WITHIN_MS).unref(),
    );
    await Promise.race([this.worker.call('shutdown', {}), late]).catch((error: unknown) =>
      log(`Saving at the end failed; the journals have everything: ${messageOf(error)}`),
    );
    discoveryFile.remove(process.pid);
    lease?.release();
    this.worker.dispose();
    this.http.dispose();
    this.port.dispose();
    this.setup.onEnd(exitCode);
  }

  private checkIdle(): void {
    const { idleExitMinutes } = this.setup.options;
    const busy = this.http.clients + this.port.clients + this.active + this.tasks.running + this.ladders.active;
    if (busy + this.launcher.active + this.recovery.active + this.webhook.active > 0) this.lastUse = performance.now();
    if (idleExitMinutes === null || performance.now() - this.lastUse < idleExitMinutes * 60_000) return;
    void this.end();
  }

  /** Somebody deleted the directory, or took it over believing us dead: we save nothing more there. */
  private checkLease(): void {
    if (!this.setup.lease) return;
    // Twice, because a takeover of a dead lease may move ours aside for a moment.
    this.leaseMisses = this.setup.lease.isOurs() ? 0 : this.leaseMisses + 1;
    if (this.leaseMisses < 2) return;
    this.setup.log(`${this.setup.options.dir} is not ours any more; the collector ends.`);
    void this.end(1);
  }

  private noticed(notice: WorkerNotice): void {
    switch (notice.kind) {
      case 'changed':
        return this.http.notify(notice.changes);
      case 'state':
        this.active = notice.active;
        this.backlogBytes = notice.backlog_bytes;
        return;
      case 'heavy':
        return this.worker.renew();
      case 'warning':
        return this.setup.log(notice.message);
      case 'status':
        return this.statusChanged(notice);
      case 'gone':
        return this.journalGone(notice);
      case 'due':
        if (this.setup.lease !== null && !this.ending) void this.alerts.raise(notice);
        return;
      case 'alerted':
        return this.alerts.told(notice);
    }
  }

  private statusChanged({ run_id, status }: StatusNotice): void {
    if (this.setup.lease === null || this.ending) return;
    this.recovery.consider(run_id, status);
    this.ladders.consider(run_id, status);
  }

  private journalGone({ run_id, attempt, writer, worker, seq, reason }: GoneNotice): void {
    if (this.setup.follower !== null || this.ending) return;
    const end = { run_id, status: 'failed', writer, worker, seq, exit: { reason } };
    this.appendEvent(run_id, attempt, 'run_end', end).catch((error: unknown) =>
      this.setup.log(`The end of ${worker} of run ${run_id} could not be journaled: ${messageOf(error)}`),
    );
  }

  /** With a supervisor's word that the script ended, all of what the script said before is to be read. */
  private grown(runId: string, file: string): Promise<void> {
    return this.bell(runId, file.startsWith('events-sup-') ? undefined : file);
  }

  /** The worker has read the journal (without one, all of the run's) when this resolves. */
  private async bell(run_id: string, file?: string): Promise<void> {
    try {
      await this.worker.call('bell', { run_id, ...(file !== undefined && { file }) });
    } catch (error) {
      // A store that starts again reads everything by itself.
      if (!(error instanceof ApiError && error.data.code === 'unavailable') && !this.ending)
        this.setup.log(`Reading ${file ?? 'the journals'} of run ${run_id} failed: ${messageOf(error)}`);
    }
  }

  private async appendEvent(runId: string, attempt: number, t: string, p: Json): Promise<void> {
    await this.bell(runId, this.journals.appendEvent(runId, attempt, t, p));
  }

  private async appendCommand(runId: string, command: Command): Promise<void> {
    const file = this.journals.appendCommand(runId, command);
    this.port.push(runId, command);
    await this.bell(runId, file);
  }

  private async edit(edit: Edit): Promise<void> {
    await this.bell(edit.run_id, this.journals.appendEdit(edit.run_id, { ...edit }));
  }

  private launcherPorts(): LauncherPorts {
    const { options, follower, bundle, log } = this.setup;
    return {
      dir: options.dir,
      pythonPath: join(bundle, '..', 'python'),
      runs: this.runs,
      follower,
      appendEvent: (...event) => this.appendEvent(...event),
      appendCommand: (runId, command) => this.appendCommand(runId, command),
      refresh: (runId) => this.bell(runId),
      launchInfo: (run_id) => this.worker.call('launchInfo', { run_id }),
      commandStates: async (run_id) => (await this.worker.call('get', { run_id })).commands,
      liveness,
      log,
    };
  }

  private apiPorts(): Parameters<typeof createMethods>[0] {
    return {
      worker: this.worker,
      runs: this.runs,
      tasks: this.tasks,
      follower: this.setup.follower,
      launch: (request) => this.launcher.launch(request),
      resume: (request) => this.launcher.resume(request),
      again: (request) => this.launcher.again(request),
      stop: (runId) => this.ladders.stop(runId),
      input: (...given) => sendInput(this.launching, ...given),
      edit: (edit) => this.edit(edit),
      purge: (runIds, task) => this.trash.purge(runIds, task),
      retain: (rules) => this.retention.set(rules),
      webhook: (target) => this.webhook.use(target),
      command: (runId, command) => this.appendCommand(runId, command),
      info: () => this.info(),
      handover: (version) => {
        this.setup.log(`Handing over to version ${version}.`);
        setTimeout(() => void this.end(), HANDOVER_DELAY_MS);
      },
    };
  }

  private info(): CollectorState {
    const { options, version, build, follower } = this.setup;
    return {
      version,
      build,
      protocol: PROTOCOL_VERSION,
      dir: options.dir,
      pid: process.pid,
      follower,
      active: this.active,
      backlog_bytes: this.backlogBytes,
    };
  }
}
