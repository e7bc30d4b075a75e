/** One run that is open: its journals are tailed, reduced to its state, and stored. */
import { lstatSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { SqlJsStatic } from 'sql.js';
import { addWriter, applyEvent, newRunState, writerKey } from '../domain/runReducer';
import { runDetail, runRow } from '../domain/runRow';
import type { RunState, WriterState } from '../domain/runState';
import { warn } from '../domain/runWarnings';
import { lookUp } from '../domain/safeRecord';
import type { Json, JournalHead } from '../protocol/events';
import type { Checkpoint, RunDetail, RunRow } from '../protocol/rows';
import { JournalReader, type JournalPosition } from './journal/journalReader';
import { listJournals, type FoundJournal, type FoundRun } from './journal/runScanner';
import { RunStore, type JournalOffset } from './store/runStore';

/** One writer's journal. */
interface Tailed {
  reader: JournalReader;
  writer: WriterState | null;
}

const MAX_CHECKED_FILES = 500;

export class RunTail {
  readonly runId: string;
  readonly dir: string;
  readonly state: RunState;
  private readonly tails = new Map<string, Tailed>();
  /** Of the files as they were when they were last looked at. */
  private looked = '';

  private constructor(
    found: FoundRun,
    readonly store: RunStore,
  ) {
    this.runId = found.runId;
    this.dir = found.dir;
    this.state = store.state ?? newRunState(found.runId);
    // What was observed of processes before a restart is no news.
    for (const writer of Object.values(this.state.writers)) writer.seen = 'alive';
  }

  /** A damaged database is begun anew from the journals; the run says so. */
  static open(sql: SqlJsStatic, found: FoundRun, readOnly: boolean): RunTail {
    const store = RunStore.open(sql, found.dir, { readOnly });
    const tail = new RunTail(found, store);
    if (store.damage !== null) {
      const message = `The run’s database ${store.damage}; it was made again from the journals.`;
      warn(tail.state, 'database_damaged', message, { file: 'run.sqlite' });
    }
    tail.refresh();
    return tail;
  }

  /** Looks for new journals and for growth. Returns the names of those that grew or were touched. */
  refresh(): string[] {
    const found = listJournals(this.dir);
    this.looked = signatureOf(found);
    if (this.state.created === 0) this.state.created = statSync(this.dir, { throwIfNoEntry: false })?.birthtimeMs ?? 0;
    return found.filter(({ name, path, stats }) => this.tail(name, path).reader.look(stats)).map(({ name }) => name);
  }

  /** Like `refresh`, of one journal alone. True when it grew or was touched. */
  refreshFile(name: string): boolean {
    const tailed = this.tails.get(name);
    if (!tailed) return this.refresh().includes(name);
    const stats = lstatSync(tailed.reader.path, { throwIfNoEntry: false });
    return stats !== undefined && tailed.reader.look(stats);
  }

  /** Reads what is there until the deadline (`performance.now()`). True when all was read. */
  read(deadline: number): boolean {
    let done = true;
    for (const { reader } of this.tails.values()) {
      if (reader.behind === 0) continue;
      if (!reader.read(deadline)) done = false;
      if (!done && performance.now() >= deadline) return false;
    }
    return done;
  }

  /** What was read of all journals. */
  get bytes(): number {
    let bytes = 0;
    for (const { reader } of this.tails.values()) bytes += reader.saved.offset;
    return bytes;
  }

  get behind(): number {
    let bytes = 0;
    for (const { reader } of this.tails.values()) bytes += reader.behind;
    return bytes;
  }

  get unread(): number {
    let bytes = 0;
    for (const { reader } of this.tails.values()) bytes += reader.unread;
    return bytes;
  }

  /** Of the journals as they were when they were last looked at: tells whether there is more by now. */
  get signature(): string {
    return this.looked;
  }

  get hasJournals(): boolean {
    return this.tails.size > 0;
  }

  /** Every writer with the name of its journal and when that was last touched. */
  *writers(): Iterable<{ file: string; writer: WriterState; modifiedMs: number }> {
    for (const [file, { reader, writer }] of this.tails)
      if (writer) yield { file, writer, modifiedMs: reader.modifiedMs };
  }

  /** Makes a change count that no event brought. */
  touch(): void {
    this.store.rev++;
  }

  row(): RunRow {
    return runRow(this.state, this.store.summaries(), this.store.rev);
  }

  detail(): RunDetail {
    const detail = runDetail(this.state, this.store.summaries(), this.store.rev);
    return { ...detail, checkpoints: this.withExistence(detail.checkpoints) };
  }

  save(beforeRename: () => boolean): number {
    const offsets = new Map<string, JournalOffset>();
    for (const [name, { reader }] of this.tails) offsets.set(name, reader.saved as unknown as JournalOffset);
    return this.store.save(this.state, offsets, beforeRename);
  }

  close(): void {
    this.store.close();
  }

  private tail(name: string, path: string): Tailed {
    const known = this.tails.get(name);
    if (known) return known;
    const position = (this.store.offsets.get(name) ?? null) as unknown as JournalPosition | null;
    const tailed = { writer: null } as unknown as Tailed;
    this.tails.set(name, tailed);
    tailed.reader = new JournalReader(path, name, this.runId, position, {
      head: (head) => this.begin(tailed, head),
      event: (envelope) => this.apply(tailed, envelope),
      bad: ({ reason, offset }) => {
        const message = `A damaged part of a journal was stepped over (${reason}).`;
        warn(this.state, 'bad_frame', message, { file: name, offset });
        this.touch();
      },
      problem: (code, message) => {
        warn(this.state, code, message, { file: name });
        this.touch();
      },
    });
    return tailed;
  }

  private begin(tailed: Tailed, head: JournalHead): void {
    if (lookUp(this.state.writers, writerKey(head)) === undefined) this.touch();
    tailed.writer = addWriter(this.state, head);
  }

  private apply(tailed: Tailed, envelope: Record<string, unknown>): void {
    const writer = tailed.writer!;
    if (!applyEvent(this.state, writer, envelope, this.store)) return;
    const t = envelope['t'] as string;
    if (t === 'metric' || t === 'metric_batch') return;
    const { seq, ts, at } = envelope['m'] as { seq: number; ts: unknown; at?: unknown };
    const time = typeof ts === 'number' && Number.isFinite(ts) ? ts : (writer.last ?? 0) * 1000;
    this.store.event(writer, seq, time, t, envelope['p'] as Json, typeof at === 'string' ? at : undefined);
  }

  /** Whether the newest checkpoints are still there; of older ones nothing is said. */
  private withExistence(checkpoints: Checkpoint[]): Checkpoint[] {
    const cwd = this.state.source.cwd ?? this.state.launch?.cwd ?? null;
    const from = checkpoints.length - MAX_CHECKED_FILES;
    return checkpoints.map((checkpoint, i) =>
      i < from ? checkpoint : { ...checkpoint, exists: exists(checkpoint.path, cwd) },
    );
  }
}

export function signatureOf(journals: FoundJournal[]): string {
  let bytes = 0;
  for (const { stats } of journals) bytes += stats.size;
  return `${journals.length}:${bytes}`;
}

function exists(path: string, cwd: string | null): boolean | null {
  if (!isAbsolute(path) && cwd === null) return null;
  return statSync(isAbsolute(path) ? path : join(cwd!, path), { throwIfNoEntry: false }) !== undefined;
}
