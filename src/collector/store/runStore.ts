/** The content of run.sqlite: a run's points, log lines, events, the reducer's state, and how far journals were read. */
import { join } from 'node:path';
import type { Database, SqlJsStatic, SqlValue } from 'sql.js';
import type { SeriesRequest } from '../../protocol/api';
import type { Json } from '../../protocol/events';
import type { LogLine, Series, Summary } from '../../protocol/rows';
import type { RunSink, RunState, WriterState } from '../../domain/run/state';
import { RUN_DATABASE, SEALED_DATABASE } from '../files/runFiles';
import type { PointColumns } from './chunk';
import { CallSites, SiteBudget, type CallSite } from './callSites';
import { ChunkTable } from './chunkTable';
import { databaseBytes, readDatabaseFile, saveDatabaseFile, storedChecksum } from './databaseFile';
import { databaseOf, emptyDatabase, readMeta, transact, writeMeta } from './databaseSchema';
import { LineTable } from './lineTable';
import { SeriesFragment, type FragmentIdentity } from './seriesFragment';
import { FragmentIndex } from './fragmentIndex';
import { RUN_SCHEMA } from './runSchema';
import { SeriesQuery } from './seriesQuery';
import { SummaryBook } from './summaryBook';

/** How far a journal file was read, and whatever else its reader needs after a restart. */
export type JournalOffset = { offset: number } & Record<string, Json>;

export interface LogPage {
  lines: LogLine[];
  next: number;
  total: number;
}

export interface EventPage {
  events: Json[];
  next: number;
  total: number;
}

export interface FragmentContents {
  identity: FragmentIdentity;
  count: number;
  sites: CallSite[] | null;
  read(): Iterable<PointColumns>;
}

const LOG_COLUMNS = ['seq', 'ts', 'worker', 'level', 'message', 'logger', 'step', 'fields'];
const EVENT_COLUMNS = ['writer', 'worker', 'attempt', 'seq', 'ts', 'type', 'at', 'payload'];

export class RunStore implements RunSink {
  /** The state as it was last saved. */
  state: RunState | null;
  offsets: ReadonlyMap<string, JournalOffset>;
  /** A revision that grows with every point, log line and event. */
  rev: number;
  points = 0;
  private savedRev: number;
  private readonly index = new FragmentIndex();
  private readonly chunks: ChunkTable;
  private readonly logTable: LineTable;
  private readonly eventTable: LineTable;
  private readonly siteBudgets = new Map<string, SiteBudget>();
  private readonly book = new SummaryBook(this.index);
  private readonly queries: SeriesQuery;

  /**
   * Never throws because of the files' content: `damage` says why run.sqlite was not usable, and journals are read
   * again.
   */
  static open(sql: SqlJsStatic, runDir: string, options: { readOnly?: boolean } = {}): RunStore {
    const readOnly = options.readOnly ?? false;
    let damage: string | null = null;
    for (const name of [RUN_DATABASE, SEALED_DATABASE]) {
      const loaded = readDatabaseFile(join(runDir, name));
      if ('missing' in loaded) continue;
      try {
        if ('damage' in loaded) throw new Error(loaded.damage);
        return RunStore.of(sql, runDir, { name, bytes: loaded.bytes }, readOnly, damage);
      } catch (error) {
        damage ??= (error as Error).message;
      }
    }
    return RunStore.of(sql, runDir, null, readOnly, damage);
  }

  /**
   * Makes a store from a file's bytes, or an empty one from null. Throws an error that says what is wrong with the
   * bytes.
   */
  static of(
    sql: SqlJsStatic,
    runDir: string,
    from: { name: string; bytes: Uint8Array } | null,
    readOnly: boolean,
    damage: string | null = null,
  ): RunStore {
    const database = from ? databaseOf(sql, from.bytes, RUN_SCHEMA) : emptyDatabase(sql, RUN_SCHEMA);
    try {
      const loaded = from && { name: from.name, bytes: from.bytes.length, crc32: storedChecksum(from.bytes) };
      return new RunStore(database, join(runDir, RUN_DATABASE), readOnly, damage, loaded);
    } catch (error) {
      database.close();
      throw error;
    }
  }

  private constructor(
    private readonly database: Database,
    private readonly file: string,
    private readonly readOnly: boolean,
    readonly damage: string | null,
    /** The file that the store was loaded from. */
    readonly loaded: { name: string; bytes: number; crc32: number } | null,
  ) {
    this.chunks = new ChunkTable(database);
    this.logTable = new LineTable(database, 'log', LOG_COLUMNS);
    this.eventTable = new LineTable(database, 'event', EVENT_COLUMNS);
    this.rev = this.savedRev = readMeta(database, 'rev');
    this.state = loadState(database);
    this.offsets = loadOffsets(database);
    this.loadFragments();
    this.queries = new SeriesQuery(this.index);
  }

  get dirty(): boolean {
    return this.rev !== this.savedRev;
  }

  get memoryBytes(): number {
    const fragments = this.index.fragments.reduce((sum, fragment) => sum + fragment.memoryBytes, 0);
    return databaseBytes(this.database) + fragments + this.chunks.cachedBytes;
  }

  point(
    writer: WriterState,
    key: string,
    value: number,
    step: number | null,
    epoch: number | null,
    ts: number,
    at?: string,
    seq = 0,
  ): void {
    const fragment = this.index.find(writer, key) ?? this.addFragment(writer, key);
    fragment.append(value, finiteOrNaN(step), finiteOrNaN(epoch), ts);
    fragment.sites?.add(at, seq);
    this.points++;
    this.rev++;
    this.book.touch(key);
  }

  log(
    writer: WriterState,
    seq: number,
    ts: number,
    line: { level: string; message: string; logger: string | null; step: number | null; fields: Json },
  ): void {
    const { level, message, logger, step, fields } = line;
    this.logTable.add([seq, ts, writer.worker, level, message, logger, step, JSON.stringify(fields)]);
    this.rev++;
  }

  /** Stores any journaled event except metrics. */
  event(writer: WriterState, seq: number, ts: number, type: string, payload: Json, at?: string): void {
    const { worker, attempt } = writer;
    this.eventTable.add([writer.writer, worker, attempt, seq, ts, type, at ?? null, JSON.stringify(payload)]);
    this.rev++;
  }

  keys(): string[] {
    return this.index.keys();
  }

  /** Returns the same object until there is a new point. */
  summaries(): Record<string, Summary> {
    return this.book.all();
  }

  series(request: SeriesRequest, startedMs: number): Series[] {
    return this.queries.answer(request, startedMs, this.rev);
  }

  logs(offset: number, limit: number): LogPage {
    const { rows, next, total } = this.logTable.page(offset, limit);
    const lines = rows.map(
      ([seq, ts, worker, level, message, logger, step, fields]) =>
        ({ seq, worker, at: Number(ts) / 1e3, level, message, logger, step, fields: parseJson(fields) }) as LogLine,
    );
    return { lines, next, total };
  }

  events(offset: number, limit: number, types?: readonly string[]): EventPage {
    const { rows, next, total } = this.eventTable.page(offset, limit, types);
    const events = rows.map(([writer, worker, attempt, seq, ts, type, at, payload]) => {
      const event = { writer, worker, attempt, seq, ts, type, payload: parseJson(payload) };
      return (at === null ? event : { ...event, at }) as Json;
    });
    return { events, next, total };
  }

  /** Points in the order in which each writer logged them, by fragment; `sites` is null if they were not kept. */
  *contents(): Generator<FragmentContents> {
    for (const fragment of this.index.fragments) {
      const { identity, count, sites } = fragment;
      yield { identity, count, sites: sites && [...sites.values()].sort(byText), read: () => fragment.columns() };
    }
  }

  /**
   * Saves points, state and journal offsets together or not at all. Returns the number of bytes written; 0 if
   * `beforeRename` returned false. Throws on I/O errors, which leave the previous file in place.
   */
  save(state: RunState, offsets: ReadonlyMap<string, JournalOffset>, beforeRename: () => boolean): number {
    if (this.readOnly) throw new Error(`${this.file} was opened read only`);
    this.logTable.flush();
    this.eventTable.flush();
    transact(this.database, () => {
      this.saveFragments();
      writeMeta(this.database, 'rev', this.rev);
      replaceRows(this.database, 'state', 'section', Object.entries(state));
      replaceRows(this.database, 'journal', 'file', offsets);
    });
    const rev = this.rev;
    const bytes = saveDatabaseFile(this.database, this.file, beforeRename);
    if (bytes === 0) return 0;
    this.savedRev = rev;
    this.state = state;
    this.offsets = new Map(offsets);
    return bytes;
  }

  close(): void {
    this.chunks.close();
    this.database.close();
  }

  private addFragment(writer: WriterState, key: string): SeriesFragment {
    const { writer: id, worker, attempt } = writer;
    const identity: FragmentIdentity = { id: this.index.fragments.length + 1, writer: id, worker, attempt, key };
    this.database.run("INSERT INTO piece (id, writer, worker, attempt, key, sites) VALUES (?, ?, ?, ?, ?, '[]')", [
      identity.id,
      id,
      worker,
      attempt,
      key,
    ]);
    const fragment = new SeriesFragment(identity, this.chunks, new CallSites(this.siteBudgetOf(identity)));
    this.index.add(fragment);
    return fragment;
  }

  private siteBudgetOf({ writer, worker, attempt }: FragmentIdentity): SiteBudget {
    const id = JSON.stringify([writer, worker, attempt]);
    const budget = this.siteBudgets.get(id) ?? new SiteBudget();
    this.siteBudgets.set(id, budget);
    return budget;
  }

  private saveFragments(): void {
    const update = this.database.prepare('UPDATE piece SET sites = ? WHERE id = ?');
    try {
      for (const fragment of this.index.fragments) {
        if (fragment.unsaved && fragment.sites) update.run([fragment.sites.json(), fragment.identity.id]);
        fragment.saveTail();
      }
    } finally {
      update.free();
    }
  }

  private loadFragments(): void {
    const sql = 'SELECT id, writer, worker, attempt, key, sites FROM piece ORDER BY id';
    const fragments = new Map<number, SeriesFragment>();
    for (const [id, writer, worker, attempt, key, sites] of this.database.exec(sql)[0]?.values ?? []) {
      const identity = { id, writer, worker, attempt, key } as FragmentIdentity;
      const fragment = new SeriesFragment(
        identity,
        this.chunks,
        typeof sites === 'string' ? CallSites.parse(sites, this.siteBudgetOf(identity)) : null,
      );
      fragments.set(fragment.identity.id, fragment);
      this.index.add(fragment);
    }
    for (const chunk of this.chunks.list()) {
      const fragment = fragments.get(chunk.fragment);
      if (!fragment) throw new Error(`has a chunk of an unknown fragment ${chunk.fragment}`);
      fragment.restore(chunk);
    }
    for (const fragment of fragments.values()) {
      this.points += fragment.count;
      this.book.touch(fragment.identity.key);
    }
  }
}

function byText(a: CallSite, b: CallSite): number {
  return a.at < b.at ? -1 : 1;
}

function finiteOrNaN(value: number | null): number {
  return value !== null && Number.isFinite(value) ? value : NaN;
}

function parseJson(text: SqlValue | undefined): Json {
  return typeof text === 'string' ? (JSON.parse(text) as Json) : null;
}

function loadState(database: Database): RunState | null {
  const rows = database.exec('SELECT section, json FROM state')[0]?.values;
  if (!rows) return null;
  const state: Record<string, Json> = {};
  for (const [section, json] of rows) state[String(section)] = parseJson(json);
  return state as unknown as RunState;
}

function loadOffsets(database: Database): Map<string, JournalOffset> {
  const rows = database.exec('SELECT file, json FROM journal')[0]?.values ?? [];
  return new Map(rows.map(([file, json]) => [String(file), parseJson(json) as JournalOffset]));
}

function replaceRows(database: Database, table: string, name: string, rows: Iterable<[string, unknown]>): void {
  database.exec(`DELETE FROM ${table}`);
  const insert = database.prepare(`INSERT INTO ${table} (${name}, json) VALUES (?, ?)`);
  try {
    for (const [key, value] of rows) if (value !== undefined) insert.run([key, JSON.stringify(value)]);
  } finally {
    insert.free();
  }
}
