/**
 * Seals runs that are over. The database is saved, read back and compared with the journals, event by event. Then seal.json
 * declares it the run's only copy, and only then are the journals of its processes removed or packed. At every moment,
 * database and journals together have everything.
 */
import { existsSync, lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SqlJsStatic } from 'sql.js';
import { messageOf } from '../../base/unknown';
import { isGone } from '../../domain/run/status';
import type { RunState, WriterState } from '../../domain/run/state';
import { warn } from '../../domain/run/warnings';
import type { JournalPolicy } from '../../protocol/api';
import { packJournal } from '../journal/journalArchive';
import type { OpenRun, OpenRuns } from './openRuns';
import { liveness } from '../files/processIdentity';
import { RUN_DATABASE, SEALED_DATABASE } from '../files/runFiles';
import { differences, type Pause } from './runCheck';
import { isEndFinal, LoadedRun } from './loadedRun';
import { syncDirectory } from '../files/safeFile';
import { readSeal, sha256, writeSeal, type Seal } from '../files/sealFile';
import { readDatabaseFile, storedChecksum } from '../store/databaseFile';
import { RunStore } from '../store/runStore';
import { measureWork } from './workClock';

export interface SealingSetup {
  sql: SqlJsStatic;
  runs: OpenRuns;
  policy: JournalPolicy;
  /** How long no journal must have been written to before a run is sealed. */
  afterMs: number;
  /** Called before anything is written or removed. */
  ownsLease(): boolean;
  /** True while journals are waiting to be read, which goes first. */
  isBusy(): boolean;
  /** Runs that are over and not sealed, open or not. */
  candidates(): string[];
  open(runId: string): void;
  sealed(run: OpenRun): void;
  problem(message: string): void;
  /** Lets tests end the process at a step. */
  reached?(step: SealStep): void;
}

export const SEAL_STEPS = ['saved', 'read back', 'packed', 'written down', 'removed one', 'removed'] as const;
export type SealStep = (typeof SEAL_STEPS)[number];

const SLICE_MS = 10;
/** Sealing takes at most a fifth of the time: after each run it rests four times as long as it worked. */
const REST = 4;
const OPENED_AT_ONCE = 8;
const LIST_EVERY_MS = 60_000;
const FAR_TIMES = 10;
/** How long a writer of an earlier attempt may return if it reported no end and its process cannot be observed. */
const FORGOTTEN_MS = 24 * 3_600_000;

class Interrupted extends Error {}

export class Sealing {
  private working: { runId: string; done: Promise<void> } | null = null;
  /** Runs that could not be sealed, with their signatures at that time. */
  private readonly refused = new Map<string, string>();
  private queue: string[] = [];
  private nextListingAt = 0;
  /** Right after the start, requests go first, and old runs may still be being copied here. */
  private restUntil: number;
  /** Work on the run that is being sealed, without what the thread did in its pauses. */
  private workMs = 0;
  private worked: () => number = () => 0;
  private stopped = false;

  private policy: JournalPolicy;

  constructor(private readonly setup: SealingSetup) {
    this.policy = setup.policy;
    this.restUntil = performance.now() + setup.afterMs;
  }

  setPolicy(policy: JournalPolicy): void {
    if (policy === this.policy) return;
    this.policy = policy;
    this.nextListingAt = 0;
  }

  get isWorking(): boolean {
    return this.working !== null;
  }

  isSealing(runId: string): boolean {
    return this.working?.runId === runId;
  }

  /** True if the run is due and only waits for its turn. */
  isNext(run: OpenRun): boolean {
    return this.policy !== 'keep' && !this.stopped && this.isDue(run);
  }

  /** Called often. Starts sealing the next run if one is due. */
  tick(): void {
    const { isBusy } = this.setup;
    if (this.policy === 'keep' || this.stopped || this.working || isBusy() || performance.now() < this.restUntil)
      return;
    const run = this.setup.runs.values().find((one) => this.isDue(one));
    if (!run) return this.openNext();
    this.workMs = 0;
    this.worked = measureWork();
    const { runId } = run.loaded;
    const done = this.seal(run)
      .catch((error: unknown) => this.failed(run, error))
      .finally(() => {
        this.working = null;
        const rest = (this.workMs + this.worked()) * REST;
        this.restUntil = performance.now() + rest;
        setTimeout(() => this.tick(), rest);
      });
    this.working = { runId, done };
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.working?.done;
  }

  resume(): void {
    this.stopped = false;
    this.refused.clear();
    this.nextListingAt = 0;
  }

  /** Opens candidates; once they are read completely, they become due. */
  private openNext(): void {
    if (this.queue.length === 0 && performance.now() >= this.nextListingAt) {
      this.nextListingAt = performance.now() + LIST_EVERY_MS;
      this.queue = this.setup.candidates();
    }
    for (let opened = 0; opened < OPENED_AT_ONCE && this.queue.length > 0;) {
      const runId = this.queue.shift()!;
      if (this.setup.runs.get(runId) || this.refused.has(runId)) continue;
      this.setup.open(runId);
      opened++;
    }
  }

  private isDue({ loaded, active, row, rowDirty }: OpenRun): boolean {
    if (active || rowDirty || row === null || loaded.lost !== null || !loaded.hasEventJournals) return false;
    if (this.refused.get(loaded.runId) === loaded.signature) return false;
    for (const { reader, writer } of loaded.eventJournals()) {
      if (reader.unread > 0 || !writer || !isOver(loaded.state, writer, reader.modifiedMs, row.attempt)) return false;
      // Zeros and half events may still be filled in without other signs. Damaged journals are kept anyway.
      if (reader.behind > 0 && !reader.saved.damaged && !isEndFinal(writer, reader.modifiedMs)) return false;
      const far = writer.proc !== null && liveness(writer.proc) === 'elsewhere' ? FAR_TIMES : 1;
      // The absolute value is used because the clock may have been set back.
      if (Math.abs(Date.now() - reader.modifiedMs) < this.setup.afterMs * far) return false;
    }
    return true;
  }

  private async seal(run: OpenRun): Promise<void> {
    const { setup, policy } = this;
    const { loaded } = run;
    loaded.noteTornEnds();
    const pause = this.pauseFor(run);
    const journals = removable(loaded);
    // After a crash that followed the writing of the seal, only the remaining journals have to be removed.
    const isLeftOver = loaded.sealed && !loaded.store.dirty;
    if (journals.length === 0 && isLeftOver) {
      // Everything is sealed except journals with damaged parts, which are kept.
      this.refused.set(loaded.runId, loaded.signature);
      return;
    }
    if (journals.length === 0) throw new Error('none of its journals could be read completely');
    const leftOver = isLeftOver ? readSeal(loaded.dir) : null;
    let seal = leftOver;
    if (!seal) {
      if (loaded.save(setup.ownsLease, new Set(journals.map(({ name }) => name))) === 0) throw new Interrupted();
      setup.reached?.('saved');
      await pause();
      seal = await this.prove(loaded, pause);
      setup.reached?.('read back');
    }
    const before = { ...sealedBefore(loaded), ...readSeal(loaded.dir)?.journals };
    for (const { name, path, bytes } of journals) {
      seal.journals[name] = Math.max(bytes, before[name] ?? 0);
      if (policy === 'gzip') await packJournal(path);
      await pause();
    }
    seal.journals = { ...before, ...seal.journals };
    setup.reached?.('packed');
    if (!leftOver && !writeSeal(loaded.dir, seal, setup.ownsLease)) throw new Interrupted();
    loaded.sealed = true;
    setup.reached?.('written down');
    loaded.forget(this.remove(loaded, journals));
    run.rowDirty = true;
    setup.sealed(run);
    setup.reached?.('removed');
  }

  /** Reads the saved database back and compares it with the journals and with what was sealed before. */
  private async prove(loaded: LoadedRun, pause: Pause): Promise<Seal> {
    const { sql } = this.setup;
    const saved = load(loaded.dir, RUN_DATABASE);
    const base = existsSync(join(loaded.dir, SEALED_DATABASE)) ? load(loaded.dir, SEALED_DATABASE) : null;
    const stored = RunStore.of(sql, loaded.dir, saved, true);
    const reread = LoadedRun.reread(sql, { runId: loaded.runId, dir: loaded.dir }, base);
    try {
      while (!reread.read(performance.now() + SLICE_MS)) await pause();
      const found = stored.state
        ? await differences({ store: stored, state: stored.state }, reread, pause)
        : ['it has no state'];
      if (found.length > 0) throw new Error(`its database differs from its journals: ${found.slice(0, 3).join('; ')}`);
    } finally {
      reread.close();
      stored.close();
    }
    const { bytes } = saved;
    const database = { bytes: bytes.length, crc32: storedChecksum(bytes), sha256: sha256(bytes) };
    return { format: 1, at: new Date().toISOString(), database, journals: {} };
  }

  /** Removes the journals, except one that was written to in the meantime: that will be read further. */
  private remove(loaded: LoadedRun, journals: Removable[]): string[] {
    const removed: string[] = [];
    for (const { name, path, bytes, modifiedMs } of journals) {
      if (!this.setup.ownsLease()) break;
      const stats = lstatSync(path, { throwIfNoEntry: false });
      if (stats && (stats.size !== bytes || stats.mtimeMs !== modifiedMs)) continue;
      rmSync(path, { force: true });
      removed.push(name);
      this.setup.reached?.('removed one');
    }
    rmSync(join(loaded.dir, SEALED_DATABASE), { force: true });
    syncDirectory(loaded.dir);
    return removed;
  }

  /** Lets other work go first, and interrupts the sealing of a run that has changed. */
  private pauseFor(run: OpenRun): Pause {
    const { loaded } = run;
    const { rev } = loaded.store;
    const { policy } = this;
    return async () => {
      this.workMs += this.worked();
      do await new Promise((resolve) => setTimeout(resolve, this.setup.isBusy() ? 20 : 0));
      while (this.setup.isBusy() && !this.stopped);
      this.worked = measureWork();
      const hasGrown = () => loaded.refresh().length > 0 || loaded.store.rev !== rev;
      if (this.stopped || this.policy !== policy || this.setup.runs.get(loaded.runId) !== run || hasGrown())
        throw new Interrupted();
    };
  }

  private failed(run: OpenRun, error: unknown): void {
    if (error instanceof Interrupted || this.stopped) return;
    const { loaded } = run;
    const reason = messageOf(error);
    this.refused.set(loaded.runId, loaded.signature);
    if (!existsSync(loaded.dir)) return;
    const message = `The run was not sealed (${reason}). Its journals were kept.`;
    warn(loaded.state, 'not_sealed', message, { file: RUN_DATABASE });
    loaded.touch();
    run.rowDirty = true;
    this.setup.problem(`Run ${loaded.runId}: ${message}`);
  }
}

function load(dir: string, name: string): { name: string; bytes: Uint8Array } {
  const loaded = readDatabaseFile(join(dir, name));
  if ('bytes' in loaded) return { name, bytes: loaded.bytes };
  throw new Error(`${name} ${'damage' in loaded ? loaded.damage : 'is missing'}`);
}

interface Removable {
  name: string;
  path: string;
  bytes: number;
  modifiedMs: number;
}

/**
 * A journal with a damaged part is kept, because a person may still recover something from it. Half a frame at its end is
 * no damage: its writer was killed during a call that never returned.
 */
function removable(loaded: LoadedRun): Removable[] {
  const journals: Removable[] = [];
  for (const { name, reader } of loaded.eventJournals()) {
    const { path, saved, behind, modifiedMs } = reader;
    if (!saved.damaged && saved.head) journals.push({ name, path, bytes: saved.offset + behind, modifiedMs });
  }
  return journals;
}

/**
 * True if no more events are expected from the writer. If some come anyway, they are read and the run is sealed again.
 */
function isOver(state: RunState, writer: WriterState, modifiedMs: number, latest: number): boolean {
  // The collector starts new journals of its own when these are gone.
  if (writer.role === 'collector' || writer.end !== null || isGone(state, writer)) return true;
  // A later process may import the rest.
  if (writer.role === 'import') return false;
  if (writer.proc !== null && liveness(writer.proc) === 'gone') return true;
  if (writer.proc !== null && liveness(writer.proc) === 'alive') return false;
  const parent = Object.values(state.writers).find((one) => one.writer === writer.forked_from);
  if (parent && parent !== writer && (parent.end !== null || isGone(state, parent))) return true;
  const supervisors = Object.values(state.writers).filter(
    ({ role, attempt }) => role === 'supervisor' && attempt === writer.attempt,
  );
  if (supervisors.length > 0 && supervisors.every(({ end }) => end !== null)) return true;
  return writer.attempt < latest && Date.now() - modifiedMs > FORGOTTEN_MS;
}

/** Lengths of the journals that were sealed before, read from the database because the seal may be lost. */
function sealedBefore({ store }: LoadedRun): Record<string, number> {
  const sealed = [...store.offsets].filter(([, position]) => position['sealed'] === true);
  return Object.fromEntries(sealed.map(([name, { offset }]) => [name, offset]));
}

/** True if the database may be deleted, because everything that it was made from is still there. */
export function canBeRebuilt(sql: SqlJsStatic, dir: string): boolean {
  const isBase = 'bytes' in readDatabaseFile(join(dir, SEALED_DATABASE));
  if (readSeal(dir) && !isBase) return false;
  const store = RunStore.open(sql, dir, { readOnly: true });
  try {
    // There is nothing to delete, and opening the run handles a damaged database.
    if (store.loaded === null) return false;
    for (const [name, position] of store.offsets) {
      const size = lstatSync(join(dir, name), { throwIfNoEntry: false })?.size ?? -1;
      if (position['sealed'] === true ? !isBase : size < position.offset) return false;
    }
    return true;
  } finally {
    store.close();
  }
}
