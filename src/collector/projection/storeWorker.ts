/** The store's thread: it turns journals into state and databases, and answers the main thread. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SqlJsStatic } from 'sql.js';
import { english } from '../../base/texts';
import { parseQuery } from '../../domain/query/parse';
import { ACTIVE, isAlive, statusFilter } from '../../domain/run/lifecycle';
import { isImported } from '../../domain/run/status';
import { warn } from '../../domain/run/warnings';
import type { JournalPolicy } from '../../protocol/api';
import { userError } from '../../protocol/apiError';
import { isId } from '../../protocol/ids';
import type { Changed, RunRow } from '../../protocol/rows';
import { acquireRun } from './acquireRun';
import { AlertWatch } from './alertWatch';
import { CatalogKeeper } from './catalogKeeper';
import { ChangeNotices } from './changeNotices';
import { Housekeeping } from './housekeeping';
import { HeapWatch } from './heapWatch';
import { Ingestion } from './ingestion';
import { SILENT_AFTER_MS, SILENT_AFTER_MS_FAR, SignsOfLife } from './signsOfLife';
import { listRuns } from '../journal/runScanner';
import { isStillAlive } from './launchInfo';
import { isNetworkDisk } from '../files/networkDisk';
import { OpenRuns, type OpenRun } from './openRuns';
import { liveness } from '../files/processIdentity';
import { Restoring } from './restoring';
import { RunLiveness } from './runLiveness';
import { RunSizes } from './runSizes';
import { SaveBudget } from './saveBudget';
import { canBeRebuilt, Sealing, type SealingSetup } from './sealing';
import { StoreQueries } from './storeQueries';
import type { Catalog } from '../store/catalog';
import type { Configuration, Expiry, WorkerMethod, WorkerMethods, WorkerNotice } from '../contract/workerApi';
import { RUN_DATABASE } from '../files/runFiles';

export interface StoreSetup {
  sql: SqlJsStatic;
  /** The `.xtrack` directory. */
  dir: string;
  readOnly: boolean;
  /** Called right before a database replaces the previous one. */
  ownsLease(): boolean;
  /** What happens to the journals of runs that are over; absent: runs are not sealed. */
  seal?: { journals: JournalPolicy; afterMs: number; reached?: SealingSetup['reached'] };
  notify(notice: WorkerNotice): void;
}

const POLL_MS = 250;
const SECOND_MS = 1000;
/** RSS limit of the whole process, in bytes. */
const HEAP_LIMIT = 250 * 2 ** 20;
/** The part of each second that is spent on counting disk usage. */
const COUNT_MS = 5;

type Answer<M extends WorkerMethod> = WorkerMethods[M][1] | Promise<WorkerMethods[M][1]>;
type Handlers = { [M in WorkerMethod]: (params: WorkerMethods[M][0]) => Answer<M> };

export class StoreWorker implements Omit<Handlers, keyof StoreQueries> {
  readonly queries: StoreQueries;
  private readonly root: string;
  private readonly budget = new SaveBudget();
  private readonly keeper: CatalogKeeper;
  private readonly runs: OpenRuns;
  private ingestion: Ingestion;
  private readonly sealing: Sealing | null;
  private readonly restoring: Restoring;
  private readonly lives: RunLiveness;
  private readonly signs: SignsOfLife;
  private readonly notices: ChangeNotices;
  private readonly sizes: RunSizes;
  private readonly house: Housekeeping;
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly heap: HeapWatch;
  private readonly alerts = new AlertWatch();
  /** Runs whose scripts reported their end while a process that their supervisors started is still alive. */
  private readonly stillAlive = new Set<string>();
  private reportedState = '';

  constructor(private readonly setup: StoreSetup) {
    const { sql, dir, readOnly, ownsLease, notify } = setup;
    this.root = join(dir, 'runs');
    const silence = isNetworkDisk(dir) ? SILENT_AFTER_MS_FAR : SILENT_AFTER_MS;
    this.signs = new SignsOfLife(() => performance.now(), SECOND_MS, silence);
    this.runs = new OpenRuns(sql, readOnly, this.budget, ownsLease, (runId, message) => {
      this.notices.changed(runId);
      notify({ kind: 'warning', message: `${runId}: ${message}` });
    });
    this.keeper = new CatalogKeeper({
      sql,
      file: join(dir, 'catalog.sqlite'),
      readOnly,
      budget: this.budget,
      runs: this.runs,
      ownsLease,
      isBusy: (runId) => this.ingestion.isBusy(runId),
      entered: (run, row) => this.rowEntered(run, row),
      problem: (message) => notify({ kind: 'warning', message }),
    });
    const acquire = (runId: string): Promise<OpenRun> =>
      acquireRun(runId, { runs: this.runs, ingestion: () => this.ingestion, restoring: this.restoring });
    this.sizes = new RunSizes(this.root, this.runs, () => this.catalog);
    this.house = new Housekeeping({
      dir,
      catalog: () => this.catalog,
      sizes: this.sizes,
      loadedRunOf: async (runId) => (await acquire(runId)).loaded,
    });
    this.queries = new StoreQueries({
      acquire,
      keeper: this.keeper,
      runs: this.runs,
      house: this.house,
      isStillAlive: (runId) => this.stillAlive.has(runId),
      backlogBytes: () => this.ingestion.backlogBytes,
    });
    this.ingestion = this.newIngestion();
    this.sealing = this.newSealing();
    this.restoring = new Restoring({
      ownsLease,
      restored: (runId, message) => this.wasRestored(runId, message),
      failed: (loaded, message) => {
        const run = this.runs.get(loaded.runId);
        if (run) run.rowDirty = true;
        this.notices.changed(loaded.runId);
        notify({ kind: 'warning', message });
      },
    });
    this.heap = new HeapWatch({
      limit: HEAP_LIMIT,
      rss: () => process.memoryUsage.rss(),
      needed: () =>
        this.runs.values().reduce((sum, { loaded }) => sum + loaded.store.memoryBytes, this.catalog.memoryBytes),
      now: () => performance.now(),
    });
    this.lives = new RunLiveness(this.signs, liveness, notify);
    this.notices = new ChangeNotices(
      (runId) => this.changesOf(runId),
      (changes) => notify({ kind: 'changed', changes }),
    );
  }

  start(): void {
    this.startIngestion();
    this.timers.push(setInterval(() => this.poll(), POLL_MS));
    this.timers.push(setInterval(() => this.eachSecond(), SECOND_MS));
  }

  /** Answers a request of the main thread. */
  answer<M extends WorkerMethod>(method: M, params: WorkerMethods[M][0]): Answer<M> {
    const isQuery = method in this.queries;
    if (isQuery) this.heap.noteRequest();
    return ((isQuery ? this.queries : this) as unknown as Handlers)[method](params);
  }

  async bell({ run_id, file }: { run_id: string; file?: string }): Promise<void> {
    const found = isId(run_id) ? this.ingestion.find(run_id) : null;
    if (!found) return;
    const run = this.ingestion.open(found);
    this.ingestion.poll(run, file);
    await this.ingestion.whenCaughtUp(run_id);
  }

  configure({ journals, rules }: Configuration): string[] {
    if (journals) this.sealing?.setPolicy(journals);
    return rules ? this.alerts.setRules(rules) : [];
  }

  async expired(expiry: Expiry): Promise<{ runs: string[]; trash: string[] }> {
    await this.ingestion.whenIdle();
    this.keeper.putAll();
    return this.house.expired(expiry);
  }

  purgeable({ run_id }: { run_id: string }): Promise<string | null> {
    return this.house.purgeable(run_id);
  }

  removed(): void {
    this.ingestion.scan();
  }

  async rebuild(): Promise<{ runs: number }> {
    if (this.setup.readOnly)
      throw userError('follower', english`Another collector owns the databases. Rebuild them there.`);
    await this.sealing?.stop();
    await this.restoring.stop();
    this.ingestion.dispose();
    this.runs.closeAll();
    const found = listRuns(this.root);
    for (const run of found)
      if (canBeRebuilt(this.setup.sql, run.dir)) rmSync(join(run.dir, RUN_DATABASE), { force: true });
    this.keeper.renew();
    this.sizes.recountAll();
    this.ingestion = this.newIngestion();
    this.startIngestion();
    await this.ingestion.whenIdle();
    await this.restoring.whenIdle();
    await this.ingestion.whenIdle();
    this.saveAll();
    this.sealing?.resume();
    return { runs: found.length };
  }

  async flush(): Promise<void> {
    this.ingestion.scan();
    for (const run of this.runs.values()) if (run.active) this.ingestion.poll(run);
    await this.ingestion.whenIdle();
    this.saveAll();
  }

  shutdown(): void {
    this.saveAll();
    this.dispose();
  }

  dispose(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.notices.dispose();
    void this.sealing?.stop();
    void this.restoring.stop();
    this.ingestion.dispose();
    this.runs.closeAll();
    this.keeper.close();
  }

  private get catalog(): Catalog {
    return this.keeper.catalog;
  }

  private get busy(): boolean {
    return !this.ingestion.isIdle || this.sealing?.isWorking === true || this.restoring.isWorking;
  }

  private newIngestion(): Ingestion {
    return new Ingestion(this.root, this.runs, {
      progressed: (run) => this.notices.changed(run.loaded.runId),
      caughtUp: (run) => {
        // The catalog may lack a run that an earlier collector read completely.
        this.restoring.start(run.loaded);
        if (!run.active && run.loaded.noteTornEnds()) run.rowDirty = true;
        if (run.rowDirty) this.notices.changed(run.loaded.runId);
        this.keeper.put(run);
      },
      heard: (run, file) => this.lives.hear(run.loaded, file),
      vanished: (runId) => {
        this.catalog.remove(runId);
        this.sizes.forget(runId);
        this.alerts.forget(runId);
        this.stillAlive.delete(runId);
        this.notices.changed(runId);
      },
    });
  }

  private newSealing(): Sealing | null {
    const { sql, readOnly, ownsLease, seal, notify } = this.setup;
    if (readOnly || !seal) return null;
    return new Sealing({
      sql,
      runs: this.runs,
      policy: seal.journals,
      afterMs: seal.afterMs,
      ...(seal.reached && { reached: seal.reached }),
      ownsLease,
      isBusy: () => !this.ingestion.isIdle,
      candidates: () => this.catalog.unsealed(),
      open: (runId) => {
        const found = this.ingestion.find(runId);
        if (found) this.ingestion.open(found);
      },
      sealed: (run) => {
        this.ingestion.settled(run);
        this.keeper.put(run);
      },
      problem: (message) => notify({ kind: 'warning', message }),
    });
  }

  private startIngestion(): void {
    const there = new Set(listRuns(this.root).map(({ runId }) => runId));
    for (const runId of this.catalog.runIds) if (!there.has(runId)) this.catalog.remove(runId);
    const unfinished = parseQuery(statusFilter(ACTIVE));
    const rows = [false, true].flatMap(
      (trash) => this.catalog.list({ fields: ['status'], limit: this.catalog.size, trash }, unfinished).rows,
    );
    this.ingestion.start(
      this.catalog.journals(),
      rows.map(({ run_id }) => run_id),
    );
  }

  private wasRestored(runId: string, message: string): void {
    const found = this.ingestion.find(runId);
    if (!found) return;
    this.runs.close(runId);
    const run = this.ingestion.open(found);
    warn(run.loaded.state, 'database_damaged', message, { file: RUN_DATABASE });
    run.loaded.touch();
  }

  private poll(): void {
    for (const run of this.runs.values()) if (run.active) this.ingestion.poll(run);
    this.sealing?.tick();
  }

  private eachSecond(): void {
    this.signs.tick();
    this.ingestion.scan();
    for (const run of this.runs.values()) {
      if (!run.active || this.ingestion.isBusy(run.loaded.runId) || !this.lives.check(run.loaded)) continue;
      run.loaded.touch();
      run.rowDirty = true;
      this.notices.changed(run.loaded.runId);
    }
    for (const runId of this.stillAlive) this.checkStillAlive(runId);
    this.keeper.putAll();
    if (!this.setup.readOnly) for (const run of this.runs.values()) this.watchAlerts(run);
    this.sizes.work(COUNT_MS);
    this.save();
    if (!this.busy && this.heap.isTooMuch()) this.setup.notify({ kind: 'heavy' });
    this.runs.closeIdle(
      (runId) => this.ingestion.isBusy(runId) || this.sealing?.isSealing(runId) === true || this.stillAlive.has(runId),
      (run) => this.sealing?.isNext(run) === true,
    );
    this.reportState();
  }

  private watchAlerts({ row, loaded }: OpenRun): void {
    const { runId: run_id, state } = loaded;
    if (!row || loaded.lost !== null || state.user.deleted || this.ingestion.isBusy(run_id)) return;
    const alerts = state.alerts ?? [];
    const { attempt } = row;
    for (const due of this.alerts.due(row, alerts, Date.now(), performance.now()))
      this.setup.notify({ kind: 'due', run_id, attempt, ...due });
    const { name, experiment, status } = row;
    for (const alert of this.alerts.news(run_id, alerts))
      this.setup.notify({ kind: 'alerted', alert, row: { run_id, name, experiment, status, attempt } });
  }

  private save(): void {
    if (this.setup.readOnly) return;
    this.runs.saveDue();
    this.keeper.saveDue();
  }

  private saveAll(): void {
    if (this.setup.readOnly) return;
    this.keeper.putAll();
    this.runs.saveAll();
    this.keeper.saveNow();
  }

  private rowEntered(run: OpenRun, row: RunRow): void {
    const { run_id, status } = row;
    if (isStillAlive(run.loaded, row)) this.stillAlive.add(run_id);
    else this.stillAlive.delete(run_id);
    this.sizes.touch(run_id);
    if (run.notifiedStatus === status || this.ingestion.isBusy(run_id)) return;
    run.notifiedStatus = status;
    this.setup.notify({ kind: 'status', run_id, status });
  }

  /** No process may be left to report the end of the run, so it is checked here. */
  private checkStillAlive(runId: string): void {
    const run = this.runs.get(runId);
    if (run?.row && isStillAlive(run.loaded, run.row)) return;
    this.stillAlive.delete(runId);
    this.notices.changed(runId);
  }

  private changesOf(runId: string): Changed[] {
    const run = this.runs.get(runId);
    if (!run) return [];
    const { rev, points } = run.loaded.store;
    const changes: Changed[] = [{ topic: `run:${runId}`, rev, run_ids: [runId] }];
    if (points !== run.notifiedPoints) changes.push({ topic: `series:${runId}`, rev, run_ids: [runId] });
    run.notifiedPoints = points;
    return changes;
  }

  private reportState(): void {
    // Whoever imports a run keeps the collector alive if that is needed; the run itself does not.
    const active = this.runs
      .values()
      .filter(({ row, loaded }) => row && isAlive(row.status) && !isImported(loaded.state, row.attempt)).length;
    const backlog_bytes = this.ingestion.backlogBytes;
    const state = `${active} ${backlog_bytes}`;
    if (state === this.reportedState) return;
    this.reportedState = state;
    this.setup.notify({ kind: 'state', active, backlog_bytes });
  }
}
