/**
 * Decides which run is read next. Runs whose journals grew are read at once, in turns. They alternate with the backlog,
 * which is read newest first; its first twenty runs are started early so that they are listed. Reading is cut into slices
 * so that queries are answered in between.
 */
import { lstatSync } from 'node:fs';
import { listJournals, listRuns, type FoundRun } from '../journal/runScanner';
import type { OpenRun, OpenRuns } from './openRuns';
import { EMPTY_SIGNATURE, signatureOf } from './loadedRun';

const SLICE_MS = 15;
/** The number of backlog runs that are started, so that they are listed, before the first is read completely. */
const MAX_STARTED = 20;
/** The time spent on starting each of them: enough for what a list shows of an active run. */
const START_MS = 5;
/** A run written to this recently may be active and does not wait in the backlog; `FRESH_AT_ONCE` limits how many. */
const FRESH_MS = 3000;
const FRESH_AT_ONCE = 4;
/** The part of a slice that is spent on finding out how much there is to read. */
const SURVEY_MS = 5;
/** The number of closed runs that are checked each second, because journals may have been copied into them. */
const CHECKED_AT_ONCE = 100;

export interface IngestionEvents {
  /** New events of the run were read. */
  progressed(run: OpenRun): void;
  /** Everything that was there has been read. */
  caughtUp(run: OpenRun, signature: string): void;
  /** A journal grew or was touched. */
  heard(run: OpenRun, file: string): void;
  vanished(runId: string): void;
}

interface Known {
  found: FoundRun;
  /** Signature of the journals that the catalog's row was made from. */
  signature: string | null;
  /** Size of its journals while it is not open; null until they are surveyed. */
  bytes: number | null;
}

export class Ingestion {
  private readonly known = new Map<string, Known>();
  /** Open runs with something to read that are active or were requested. They take turns. */
  private readonly pending = new Set<string>();
  /** Open runs of the backlog. The first is read completely, then the next. */
  private readonly backlog = new Set<string>();
  private backlogIsNext = false;
  private unchecked: string[] = [];
  private checkAgainFrom = 0;
  /** Runs of `unchecked` whose journals were not surveyed yet; the survey shows how much there is to read. */
  private unsurveyed: string[] = [];
  private waitingBytes = 0;
  private readonly waiting = new Map<string, (() => void)[]>();
  private pumpScheduled = false;
  private disposed = false;

  constructor(
    private readonly root: string,
    private readonly runs: OpenRuns,
    private readonly events: IngestionEvents,
  ) {}

  /** `signatures` are those that the catalog's rows were made from. `active` runs are read in any case. */
  start(signatures: ReadonlyMap<string, string>, active: readonly string[]): void {
    for (const found of listRuns(this.root))
      this.known.set(found.runId, { found, signature: signatures.get(found.runId) ?? null, bytes: null });
    for (const runId of active) {
      const known = this.known.get(runId);
      if (known) known.signature = null;
    }
    const first = new Set(active);
    const age = (known: Known): number => lstatSync(known.found.dir, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    this.unchecked = [...this.known.values()]
      .map((known) => ({ id: known.found.runId, at: first.has(known.found.runId) ? Infinity : age(known) }))
      .sort((a, b) => b.at - a.at)
      .map(({ id }) => id);
    this.unsurveyed = [...this.unchecked];
    this.pump();
  }

  dispose(): void {
    this.disposed = true;
    for (const runId of [...this.waiting.keys()]) this.resolve(runId);
  }

  get isIdle(): boolean {
    return this.pending.size === 0 && this.backlog.size === 0 && this.unchecked.length === 0;
  }

  get backlogBytes(): number {
    const open = this.runs.values().reduce((sum, { loaded }) => sum + loaded.unread, 0);
    // The sizes of runs that were not surveyed yet are unknown; each counts as one byte so that the sum is not 0.
    return open + this.waitingBytes + this.unsurveyed.length;
  }

  isBusy(runId: string): boolean {
    return this.pending.has(runId) || this.backlog.has(runId);
  }

  /** Returns null if there is no such run. */
  find(runId: string): FoundRun | null {
    if (!this.known.has(runId)) this.refreshKnown();
    return this.known.get(runId)?.found ?? null;
  }

  /** Opens the run and reads it before all others. Active runs are polled anyway. */
  open(found: FoundRun): OpenRun {
    const isNew = this.runs.get(found.runId) === undefined;
    this.leaveWaiting(found.runId);
    const run = this.runs.open(found);
    run.usedAt = performance.now();
    if (isNew || this.backlog.has(found.runId)) this.enqueue(found.runId);
    else if (!run.active) this.poll(run);
    return run;
  }

  /** Checks whether an open run's journals, or one of them, have grown. */
  poll(run: OpenRun, file?: string): void {
    const { loaded } = run;
    if (loaded.isStale) return this.loadAgain(run);
    const grown = file === undefined ? loaded.refresh() : loaded.refreshFile(file) ? [file] : [];
    for (const name of grown) this.events.heard(run, name);
    if ((grown.length > 0 || loaded.behind > 0) && !this.backlog.has(loaded.runId)) this.enqueue(loaded.runId);
  }

  private loadAgain({ loaded: { runId } }: OpenRun): void {
    const known = this.known.get(runId);
    if (!known) return;
    this.runs.close(runId);
    this.runs.open(known.found);
    this.enqueue(runId);
  }

  /** Notes that what is known of the run is what its files say now. */
  settled({ loaded }: OpenRun): void {
    const known = this.known.get(loaded.runId);
    if (known) known.signature = loaded.signature;
  }

  /** Resolves when what is there now has been read. */
  whenCaughtUp(runId: string): Promise<void> {
    if (!this.isBusy(runId) || this.disposed) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = this.waiting.get(runId);
      if (waiting) waiting.push(resolve);
      else this.waiting.set(runId, [resolve]);
    });
  }

  async whenIdle(): Promise<void> {
    while (!this.isIdle && !this.disposed) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** Called each second: checks for new runs, for removed ones and for changes in some of the others. */
  scan(): void {
    this.refreshKnown();
    // A run that is over may be resumed or edited by a process that does not notify this collector.
    for (const run of this.runs.values()) if (!run.active) this.poll(run);
    const all = [...this.known.keys()];
    if (this.unchecked.length > 0 || all.length === 0) return;
    for (let i = 0; i < Math.min(CHECKED_AT_ONCE, all.length); i++) {
      const runId = all[this.checkAgainFrom++ % all.length]!;
      if (!this.runs.get(runId)) this.unchecked.push(runId);
    }
    this.pump();
  }

  private refreshKnown(): void {
    const found = new Map(listRuns(this.root).map((run) => [run.runId, run]));
    for (const [runId, run] of found) {
      if (this.known.has(runId)) continue;
      this.known.set(runId, { found: run, signature: null, bytes: 0 });
      this.unchecked.push(runId);
    }
    for (const runId of this.known.keys()) if (!found.has(runId)) this.forget(runId);
    this.pump();
  }

  private forget(runId: string): void {
    this.leaveWaiting(runId);
    this.known.delete(runId);
    this.pending.delete(runId);
    this.backlog.delete(runId);
    this.runs.close(runId);
    this.resolve(runId);
    this.events.vanished(runId);
  }

  private enqueue(runId: string): void {
    this.backlog.delete(runId);
    this.pending.add(runId);
    this.pump();
  }

  private pump(): void {
    if (this.pumpScheduled || this.disposed || this.isIdle) return;
    this.pumpScheduled = true;
    setImmediate(() => {
      this.pumpScheduled = false;
      if (this.disposed) return;
      this.work(performance.now() + SLICE_MS);
      this.pump();
    });
  }

  private work(deadline: number): void {
    this.survey(Math.min(deadline, performance.now() + SURVEY_MS));
    do {
      this.backlogIsNext = !this.backlogIsNext;
      const [runId] = this.pending;
      if (runId !== undefined && !this.backlogIsNext) this.readOn(runId, this.pending, deadline);
      else if (!this.workBacklog(deadline) && runId === undefined) return;
    } while (performance.now() < deadline);
  }

  /** Returns false if the backlog is empty. */
  private workBacklog(deadline: number): boolean {
    if (this.backlog.size < MAX_STARTED && this.checkNext(deadline)) return true;
    const [runId] = this.backlog;
    if (runId === undefined) return false;
    this.readOn(runId, this.backlog, deadline);
    return true;
  }

  private readOn(runId: string, queue: Set<string>, deadline: number): void {
    const run = this.runs.get(runId);
    if (!run) {
      queue.delete(runId);
      return this.resolve(runId);
    }
    const { loaded } = run;
    const rev = loaded.store.rev;
    const done = loaded.read(deadline);
    if (loaded.store.rev !== rev) {
      run.rowDirty = true;
      this.events.progressed(run);
    }
    if (done || queue === this.pending) queue.delete(runId);
    if (!done) {
      queue.add(runId);
      return;
    }
    this.settled(run);
    this.events.caughtUp(run, loaded.signature);
    this.resolve(runId);
  }

  /** Measures how much there is to read in runs that wait. */
  private survey(deadline: number): void {
    while (this.unsurveyed.length > 0 && performance.now() < deadline) {
      const known = this.known.get(this.unsurveyed.pop()!);
      if (known?.bytes !== null || this.runs.get(known.found.runId)) continue;
      const journals = listJournals(known.found.dir);
      const isRead = signatureOf(known.found.dir, journals) === known.signature;
      known.bytes = isRead ? 0 : journals.reduce((sum, { stats }) => sum + stats.size, 0);
      this.waitingBytes += known.bytes;
    }
  }

  /** The run was opened or removed, so its unread bytes no longer count as waiting. */
  private leaveWaiting(runId: string): void {
    const known = this.known.get(runId);
    if (!known) return;
    this.waitingBytes -= known.bytes ?? 0;
    known.bytes = 0;
  }

  /** Returns false if there is nothing to check. */
  private checkNext(deadline: number): boolean {
    const runId = this.unchecked.shift();
    if (runId === undefined) {
      this.unsurveyed = [];
      return false;
    }
    const known = this.known.get(runId);
    this.leaveWaiting(runId);
    if (!known || this.runs.get(runId)) return true;
    const journals = listJournals(known.found.dir);
    const signature = signatureOf(known.found.dir, journals);
    if (signature !== EMPTY_SIGNATURE && signature !== known.signature) {
      this.runs.open(known.found);
      const isFresh = journals.some(({ stats }) => Math.abs(Date.now() - stats.mtimeMs) < FRESH_MS);
      if (isFresh && this.pending.size < FRESH_AT_ONCE) {
        this.enqueue(runId);
        return true;
      }
      this.backlog.add(runId);
      this.readOn(runId, this.backlog, Math.min(deadline, performance.now() + START_MS));
    }
    return true;
  }

  private resolve(runId: string): void {
    const waiting = this.waiting.get(runId) ?? [];
    this.waiting.delete(runId);
    for (const resolve of waiting) resolve();
  }
}
