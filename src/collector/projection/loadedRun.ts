/** One open run. Its journals are tailed, reduced to its state, and stored. */
import { existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { SqlJsStatic } from 'sql.js';
import { addWriter, applyEvent, newRunState, writerKey } from '../../domain/run/reducer';
import { checkpointsOf, runDetail, runRow, type DetailedRun } from '../../domain/run/row';
import type { RunState, WriterState } from '../../domain/run/state';
import { warn } from '../../domain/run/warnings';
import { lookUp } from '../../domain/safeRecord';
import type { Json, JournalHead } from '../../protocol/events';
import type { Checkpoint, RunRow } from '../../protocol/rows';
import { canBeUnpacked } from '../journal/journalArchive';
import { JournalReader, type JournalEvents, type JournalPosition, type Remainder } from '../journal/journalReader';
import { listJournals, type FoundJournal, type FoundRun } from '../journal/runScanner';
import { LoggedFiles } from './loggedFiles';
import { liveness } from '../files/processIdentity';
import { metricSites } from './metricSites';
import { isEventJournal, RUN_DATABASE, SEALED_DATABASE } from '../files/runFiles';
import { keepAs } from '../files/safeFile';
import { isOnlyCopy, isSealOf, packedJournals, readSeal, SEAL_FILE, setAside, wasSealed } from '../files/sealFile';
import { RunStore, type JournalOffset } from '../store/runStore';

/** One writer's journal. */
interface TailedJournal {
  reader: JournalReader;
  writer: WriterState | null;
}

const TORN_END: Record<Remainder['is'], { code: string; says: (bytes: number) => string }> = {
  zeros: {
    code: 'torn_end',
    says: (bytes) =>
      `A journal ends in ${bytes} bytes that were never written: the machine stopped, or the disk lost them.`,
  },
  half: {
    code: 'torn_end',
    says: (bytes) =>
      `A journal ends in ${bytes} bytes that are not a whole event: the process was killed while it was writing, or they are damaged.`,
  },
  length: {
    code: 'torn_length',
    says: (bytes) => `The last event of a journal, ${bytes} bytes, cannot be read: its length field is damaged.`,
  },
};
const DAY_MS = 24 * 3_600_000;

/**
 * True if the missing rest of the last event will never arrive. On network disks, a file's new size and zeros may show
 * before the data.
 */
export function isEndFinal(writer: WriterState | null, modifiedMs: number): boolean {
  const seen = writer?.proc ? liveness(writer.proc) : 'elsewhere';
  return seen === 'elsewhere' ? Math.abs(Date.now() - modifiedMs) > DAY_MS : seen === 'gone';
}

/** The number of attempts to load a run whose database is replaced during loading. */
const LOADS = 3;

export class LoadedRun {
  readonly runId: string;
  readonly dir: string;
  readonly state: RunState;
  readonly files: LoggedFiles;
  private readonly journals = new Map<string, TailedJournal>();
  /** Signature of the files as they were when they were last listed. */
  private lastSignature = '';
  /** Names of the journals that a lost run can be rebuilt from; empty if any of them is missing. */
  packed: readonly string[] = [];
  /** True if a journal disappeared before it was read completely, so the run has to be loaded again. */
  private missed = false;
  /** True if run.sqlite is the sealed database: it is not written to until the run is resumed. */
  sealed: boolean;

  private constructor(
    found: FoundRun,
    readonly store: RunStore,
    private readonly isProof = false,
    /** The reason why the run cannot be shown: its database was the only copy of its data and is damaged or missing. */
    readonly lost: string | null = null,
  ) {
    this.runId = found.runId;
    this.dir = found.dir;
    this.state = store.state ?? newRunState(found.runId);
    const seal = readSeal(found.dir);
    const { loaded } = store;
    const isBase = existsSync(join(found.dir, SEALED_DATABASE));
    const holdsEverything =
      (seal !== null && loaded !== null && isSealOf(seal, loaded)) || (!isBase && isOnlyCopy(found.dir, store.offsets));
    this.sealed = loaded?.name === RUN_DATABASE && holdsEverything;
    this.files = new LoggedFiles(this.state, found.dir);
    // What was observed of processes before a restart must be observed again.
    for (const writer of Object.values(this.state.writers)) writer.seen = 'alive';
  }

  /** A damaged database is rebuilt from the journals, with a warning in the run. */
  static open(sql: SqlJsStatic, found: FoundRun, readOnly: boolean): LoadedRun {
    for (let loads = 1; ; loads++) {
      let before = databaseMark(found.dir);
      const loaded = LoadedRun.load(sql, found, readOnly);
      if (loaded.lost !== null && !readOnly) {
        const names = journalsOfSeal(found.dir);
        if (canBeUnpacked(found.dir, names)) loaded.packed = names;
      }
      if (loaded.store.damage !== null && loaded.lost === null) {
        if (!readOnly && loaded.store.loaded === null) {
          setAside(found.dir);
          before = databaseMark(found.dir);
        }
        const message = `The run’s database ${loaded.store.damage}; it was rebuilt from the journals.`;
        warn(loaded.state, 'database_damaged', message, { file: RUN_DATABASE });
      }
      if (loaded.lost === null) loaded.refresh();
      else loaded.lastSignature = signatureOf(found.dir, listJournals(found.dir));
      // If the owner sealed the run in the meantime, events may be missing here and their journals are gone.
      if (loads === LOADS || before === databaseMark(found.dir)) return loaded;
      loaded.close();
    }
  }

  private static load(sql: SqlJsStatic, found: FoundRun, readOnly: boolean): LoadedRun {
    const store = RunStore.open(sql, found.dir, { readOnly });
    const isLost = store.loaded === null && wasSealed(found.dir);
    return new LoadedRun(found, store, false, isLost ? (store.damage ?? 'is missing') : null);
  }

  /** Reads the run from its journals again, on top of `base` if it was sealed before. The result is never saved. */
  static reread(sql: SqlJsStatic, found: FoundRun, base: { name: string; bytes: Uint8Array } | null): LoadedRun {
    const loaded = new LoadedRun(found, RunStore.of(sql, found.dir, base, true), true);
    loaded.refresh();
    return loaded;
  }

  /** Checks for new journals and for growth. Returns the names of those that grew or were touched. */
  refresh(): string[] {
    if (this.lost !== null) return [];
    const found = listJournals(this.dir);
    this.lastSignature = signatureOf(this.dir, found);
    if (this.state.created === 0) this.state.created = statSync(this.dir, { throwIfNoEntry: false })?.birthtimeMs ?? 0;
    const names = new Set(found.map(({ name }) => name));
    for (const [name, { reader }] of this.journals) if (!names.has(name) && reader.behind > 0) this.missed = true;
    return found
      .filter(({ name, path, stats }) => this.journal(name, path).reader.checkStats(stats))
      .map(({ name }) => name);
  }

  /** True if events are missing here because another process sealed the run or replaced its directory. */
  get isStale(): boolean {
    return this.missed;
  }

  /** Does what `refresh` does for a single journal. Returns true if it grew or was touched. */
  refreshFile(name: string): boolean {
    const tailed = this.journals.get(name);
    if (!tailed) return this.refresh().includes(name);
    const stats = lstatSync(tailed.reader.path, { throwIfNoEntry: false });
    return stats !== undefined && tailed.reader.checkStats(stats);
  }

  /** Reads until the deadline (`performance.now()`). Returns true if everything was read. */
  read(deadline: number): boolean {
    let done = true;
    for (const [name, journal] of [...this.journals]) {
      if (journal.reader.behind === 0) continue;
      if (!journal.reader.read(deadline)) {
        done = false;
        // Journals take turns, because one that grows faster than it is read would block the others.
        this.journals.delete(name);
        this.journals.set(name, journal);
      }
      if (!done && performance.now() >= deadline) return false;
    }
    return done;
  }

  /** Bytes that were read from all journals. */
  get bytes(): number {
    let bytes = 0;
    for (const { reader } of this.journals.values()) bytes += reader.saved.offset;
    return bytes;
  }

  get behind(): number {
    let bytes = 0;
    for (const { reader } of this.journals.values()) bytes += reader.behind;
    return bytes;
  }

  get unread(): number {
    let bytes = 0;
    for (const { reader } of this.journals.values()) bytes += reader.unread;
    return bytes;
  }

  /** Signature of the journals when they were last listed. If it differs now, there is something new. */
  get signature(): string {
    return this.lastSignature;
  }

  /** True if there are journals, or a database that was made from journals. */
  get exists(): boolean {
    return this.journals.size > 0 || this.store.state !== null || this.lost !== null;
  }

  get hasEventJournals(): boolean {
    for (const name of this.journals.keys()) if (isEventJournal(name)) return true;
    return false;
  }

  /** True if only journals have part of the data. Edits of a sealed run stay in their journals and do not count. */
  get unsaved(): boolean {
    return this.lost === null && this.store.dirty && !(this.sealed && !this.hasEventJournals);
  }

  /** The journals of processes, with how far each was read. */
  *eventJournals(): Iterable<{ name: string; reader: JournalReader; writer: WriterState | null }> {
    for (const [name, { reader, writer }] of this.journals) if (isEventJournal(name)) yield { name, reader, writer };
  }

  /** Names of journals that could not be read completely. The list of warnings may be too short for all of them. */
  *damaged(): Iterable<string> {
    for (const [name, { reader }] of this.journals) if (reader.saved.damaged) yield name;
  }

  /** Journals that end in an incomplete event; `isFinal` if its writer is gone and cannot complete it. */
  *tornEnds(): Iterable<{ file: string; rest: Remainder; isFinal: boolean }> {
    for (const [file, { reader, writer }] of this.journals) {
      const rest = reader.behind > 0 ? reader.remainder() : null;
      if (rest) yield { file, rest, isFinal: rest.is === 'length' || isEndFinal(writer, reader.modifiedMs) };
    }
  }

  /** Adds a warning for each torn end. Returns true if one is new. */
  noteTornEnds(): boolean {
    let isNew = false;
    for (const { file, rest, isFinal } of this.tornEnds()) {
      const { code, says } = TORN_END[rest.is];
      const isKnown = this.state.warnings.some((warning) => warning.code === code && warning.file === file);
      if (!isFinal || isKnown) continue;
      warn(this.state, code, says(rest.bytes), { file, offset: rest.offset });
      isNew = true;
    }
    if (isNew) this.touch();
    return isNew;
  }

  /** Forgets journals that were removed because the sealed database has their events. */
  forget(names: readonly string[]): void {
    for (const name of names) this.journals.delete(name);
    this.lastSignature = signatureOf(this.dir, listJournals(this.dir));
  }

  /** Every writer, with the name of its journal and the time when that was last touched. */
  *writers(): Iterable<{ file: string; writer: WriterState; modifiedMs: number }> {
    for (const [file, { reader, writer }] of this.journals)
      if (writer) yield { file, writer, modifiedMs: reader.modifiedMs };
  }

  /** Marks the run as changed where the change came from no event. */
  touch(): void {
    this.store.rev++;
  }

  row(): RunRow {
    return runRow(this.state, this.store.summaries(), this.store.rev);
  }

  /** With the paths where the files are now. */
  checkpoints(): Checkpoint[] {
    return this.files.checkpoints(checkpointsOf(this.state));
  }

  detail(): DetailedRun {
    const detail = runDetail(this.state, this.store.summaries(), this.store.rev);
    const cwd = this.state.source.cwd ?? this.state.launch?.cwd ?? null;
    return {
      ...detail,
      checkpoints: this.files.checkpoints(detail.checkpoints),
      artifacts: this.files.artifacts(detail.artifacts),
      cwd: cwd === null ? null : this.files.now(cwd),
      sites: metricSites(this.store, this.state.source),
      ...(this.state.origin && { origin: this.state.origin }),
    };
  }

  /** `sealing` names the journals that will be removed afterwards. */
  save(beforeRename: () => boolean, sealing: ReadonlySet<string> = new Set()): number {
    // Journals that were removed earlier stay listed, because the database stands in for them.
    const offsets = new Map(this.store.offsets);
    for (const [name, { reader }] of this.journals) {
      const position = sealing.has(name) ? { ...reader.saved, sealed: true } : reader.saved;
      offsets.set(name, position as unknown as JournalOffset);
    }
    const database = join(this.dir, RUN_DATABASE);
    if (this.sealed) keepAs(database, join(this.dir, SEALED_DATABASE));
    const bytes = this.store.save(this.state, offsets, beforeRename);
    if (bytes > 0) this.sealed = false;
    return bytes;
  }

  close(): void {
    this.store.close();
  }

  private journal(name: string, path: string): TailedJournal {
    const known = this.journals.get(name);
    if (known) return known;
    const position = (this.store.offsets.get(name) ?? null) as unknown as JournalPosition | null;
    const tailed = { writer: null } as unknown as TailedJournal;
    this.journals.set(name, tailed);
    const events: JournalEvents = {
      head: (head) => this.takeHead(tailed, head),
      event: (envelope) => this.apply(tailed, envelope),
      bad: ({ reason, offset }) => {
        const message = `A damaged part of a journal was skipped (${reason}).`;
        warn(this.state, 'bad_frame', message, { file: name, offset });
        this.touch();
      },
      problem: (code, message) => {
        warn(this.state, code, message, { file: name });
        this.touch();
      },
    };
    tailed.reader = new JournalReader(path, name, this.runId, position, events, this.isProof);
    return tailed;
  }

  private takeHead(tailed: TailedJournal, head: JournalHead): void {
    if (lookUp(this.state.writers, writerKey(head)) === undefined) this.touch();
    tailed.writer = addWriter(this.state, head);
  }

  private apply(tailed: TailedJournal, envelope: Record<string, unknown>): void {
    const writer = tailed.writer!;
    if (!applyEvent(this.state, writer, envelope, this.store)) return;
    const t = envelope['t'] as string;
    if (t === 'metric' || t === 'metric_batch') return;
    const { seq, ts, at } = envelope['m'] as { seq: number; ts: unknown; at?: unknown };
    const time = typeof ts === 'number' && Number.isFinite(ts) ? ts : (writer.last ?? 0) * 1000;
    this.store.event(writer, seq, time, t, envelope['p'] as Json, typeof at === 'string' ? at : undefined);
  }
}

/** Reads the names from the directory if the seal cannot be read. */
function journalsOfSeal(runDir: string): string[] {
  const seal = readSeal(runDir);
  return seal ? Object.keys(seal.journals) : packedJournals(readdirSync(runDir));
}

/** A text that changes when there may be something new. It includes the database if no process has a journal. */
export function signatureOf(runDir: string, journals: FoundJournal[]): string {
  let bytes = 0;
  let isDatabase = true;
  for (const { name, stats } of journals) {
    bytes += stats.size;
    if (isEventJournal(name)) isDatabase = false;
  }
  return `${journals.length}:${bytes}${isDatabase ? databaseMark(runDir) : ''}`;
}

/** The signature of a directory without a run. */
export const EMPTY_SIGNATURE = '0:0';
/** Part of the signature of every run that has only its database. */
export const SEALED_SIGNATURE = ' database ';

/** Returns '' if there is no database. */
function databaseMark(runDir: string): string {
  const stats =
    lstatSync(join(runDir, RUN_DATABASE), { throwIfNoEntry: false }) ??
    lstatSync(join(runDir, SEAL_FILE), { throwIfNoEntry: false });
  return stats ? `${SEALED_SIGNATURE}${stats.size} ${stats.mtimeMs}` : '';
}
