/** The index over all runs: one row for each, and what queries filter and sort by. It can be rebuilt from the runs. */
import type { Database, SqlJsStatic, SqlValue } from 'sql.js';
import { english } from '../../base/texts';
import type { ListRequest } from '../../protocol/api';
import { userError } from '../../protocol/apiError';
import type { Json, Num } from '../../protocol/events';
import type { RunRow, Summary } from '../../protocol/rows';
import { parseQuery } from '../../domain/query/parse';
import type { Field, Query } from '../../domain/query/ast';
import { OVER } from '../../domain/run/lifecycle';
import { bodyQuery, changedEntries, packBody, unpackBody } from './catalogBody';
import { afterCursor, decodeCursor, encodeCursor, orderBy, type SortTerm } from './catalogCursor';
import { CATALOG_SCHEMA } from './catalogSchema';
import { databaseBytes, saveDatabaseFile } from './databaseFile';
import { emptyDatabase, openDatabase, transact } from './databaseSchema';
import { compileFilter, compileSortTerms, createMatcher, type Sql } from './querySql';
import { numberOf, textOf } from '../../domain/query/values';
import { Statements } from './statements';

export interface CatalogPage {
  rows: RunRow[];
  total: number;
  cursor: string | null;
}

const DEFAULT_LIMIT = 100;
const COLUMNS = [
  'status',
  'name',
  'experiment',
  'phase',
  'parent',
  'starred',
  'created',
  'started',
  'ended',
  'attempt',
] as const;
const UPDATE_RUN = `UPDATE run SET ${COLUMNS.map((column) => `${column} = ?`).join(', ')},
  journals = ?, trashed = ?, kept = ? WHERE id = ?`;
const IS_OVER = `status IN (${OVER.map((status) => `'${status}'`).join(', ')})`;
const NOT_TRASHED = 'run.trashed IS NULL';

/** Facts about a run that are kept with its row but not shown in it. */
export interface Standing {
  /** A signature of the journals the row was made from; '' if the row may be incomplete. */
  journals?: string;
  /** When the run was moved to the trash, epoch ms. */
  trashed?: number | null;
  /** True if retention must not remove the run. */
  kept?: boolean;
}

export class Catalog {
  private readonly statements: Statements;
  private readonly runs = new Map<string, number>();
  private readonly names = new Map<string, number>();
  private changes = 0;
  private savedChanges = 0;

  /** Never throws because of the file's content: the catalog is empty then, and `damage` has the reason. */
  static open(sql: SqlJsStatic, file: string, options: { readOnly?: boolean } = {}): Catalog {
    const { database, damage } = openDatabase(sql, file, CATALOG_SCHEMA);
    const readOnly = options.readOnly ?? false;
    try {
      return new Catalog(database, file, readOnly, damage);
    } catch (error) {
      // The checksum is right but the content is not valid.
      database.close();
      return new Catalog(emptyDatabase(sql, CATALOG_SCHEMA), file, readOnly, (error as Error).message);
    }
  }

  private constructor(
    private readonly database: Database,
    private readonly file: string,
    private readonly readOnly: boolean,
    readonly damage: string | null,
  ) {
    this.statements = new Statements(database);
    database.create_function('xt_match', createMatcher());
    database.create_function('xt_number', (text: Json) => numberOf(text));
    for (const [id, run_id] of this.all('SELECT id, run_id FROM run')) this.runs.set(String(run_id), Number(id));
    for (const [id, text] of this.all('SELECT id, text FROM name')) this.names.set(String(text), Number(id));
  }

  get dirty(): boolean {
    return this.changes !== this.savedChanges;
  }

  get size(): number {
    return this.runs.size;
  }

  get memoryBytes(): number {
    return databaseBytes(this.database) + this.runs.size * 150;
  }

  get(run_id: string): RunRow | null {
    const run = this.runs.get(run_id);
    return run === undefined ? null : unpackBody(this.statements.get(bodyQuery()).get([run]));
  }

  /** The signatures of journals that were passed to `put`, by run. */
  journals(): Map<string, string> {
    return new Map(
      this.all("SELECT run_id, journals FROM run WHERE journals <> ''").map(([id, text]) => [String(id), String(text)]),
    );
  }

  /** Runs that are over and, by their signatures, still have journals of processes; the oldest end first. */
  unsealed(): string[] {
    const text = `SELECT run_id FROM run WHERE ${IS_OVER} AND journals <> '' AND journals NOT LIKE '%database%' ORDER BY ended`;
    return this.all(text).map(([id]) => String(id));
  }

  put(row: RunRow, { journals = '', trashed = null, kept = false }: Standing = {}): void {
    const before = this.get(row.run_id);
    transact(this.database, () => {
      const run = this.runs.get(row.run_id) ?? this.addRun(row.run_id);
      const values = COLUMNS.map((column) => row[column]).map((value) =>
        typeof value === 'boolean' ? Number(value) : value,
      );
      this.statements.get(UPDATE_RUN).run([...values, journals, trashed, Number(kept), run]);
      const body = packBody(row);
      this.statements
        .get('REPLACE INTO body (run, row, params, metrics, tags) VALUES (?, ?, ?, ?, ?)')
        .run([run, body.row, body.params, body.metrics, body.tags]);
      this.sync('param', run, before?.params ?? {}, row.params, (value) => [numberOf(value), textOf(value)]);
      this.sync('tag', run, before?.tags ?? {}, row.tags, (value) => [numberOf(value), value]);
      this.sync('metric', run, before?.metrics ?? {}, row.metrics, metricValues);
    });
    this.changes++;
  }

  /**
   * Sets disk usage in bytes, separately for files in the workspace. Returns false for a run that is not in the
   * catalog.
   */
  setSize(run_id: string, size: number, files_size?: number): boolean {
    const run = this.runs.get(run_id);
    if (run === undefined) return false;
    const [before, filesBefore] = this.statements.get('SELECT size, files_size FROM run WHERE id = ?').get([run]);
    if (before === size && (files_size === undefined || filesBefore === files_size)) return true;
    const set = 'UPDATE run SET size = ?, files_size = coalesce(?, files_size) WHERE id = ?';
    this.statements.get(set).run([size, files_size ?? null, run]);
    this.changes++;
    return true;
  }

  /** Sums over the runs in the trash, or over the others. */
  usage(trash: boolean): { runs: number; size: number; files_size: number } {
    const sums = 'SELECT count(*), coalesce(sum(size), 0), coalesce(sum(files_size), 0) FROM run WHERE';
    const [runs, size, files_size] = this.all(`${sums} ${trash ? 'NOT ' : ''}(${NOT_TRASHED})`)[0]!.map(Number);
    return { runs: runs!, size: size!, files_size: files_size! };
  }

  /** Runs that ended before that time and are not marked to be kept, the oldest first. */
  endedBefore(time: number, limit: number): string[] {
    // The latest of the times counts, because the clock may have been wrong for one of them.
    const at = 'max(coalesce(ended, 0), coalesce(started, 0), created)';
    const text = `SELECT run_id FROM run WHERE ${NOT_TRASHED} AND ${IS_OVER} AND kept = 0 AND ${at} < ? ORDER BY ${at} LIMIT ?`;
    return this.all(text, [time, limit]).map(([id]) => String(id));
  }

  /**
   * Runs that were moved to the trash before that time, the longest there first. Runs that were trashed before they were
   * created are left out: the clock was wrong, so it is unknown how long they have been there.
   */
  trashedBefore(time: number, limit: number): string[] {
    const text = 'SELECT run_id FROM run WHERE trashed < ? AND trashed >= created ORDER BY trashed LIMIT ?';
    return this.all(text, [time, limit]).map(([id]) => String(id));
  }

  get runIds(): string[] {
    return [...this.runs.keys()];
  }

  remove(run_id: string): void {
    const run = this.runs.get(run_id);
    const row = this.get(run_id);
    if (run === undefined || row === null) return;
    transact(this.database, () => {
      for (const [table, keys] of [
        ['param', row.params],
        ['tag', row.tags],
        ['metric', row.metrics],
      ] as const) {
        for (const key of Object.keys(keys)) this.removeKey(table, run, key);
      }
      this.statements.get('DELETE FROM body WHERE run = ?').run([run]);
      this.statements.get('DELETE FROM run WHERE id = ?').run([run]);
    });
    this.runs.delete(run_id);
    this.changes++;
  }

  /** Runs that match the query, by default the newest first; either those in the trash or the others. */
  list(request: ListRequest, query: Query, now: number = Date.now()): CatalogPage {
    const side = request.trash ? `NOT (${NOT_TRASHED})` : NOT_TRASHED;
    const { text, values } = query ? compileFilter(query, now) : { text: '1', values: [] };
    const filter = { text: `${side} AND ${text}`, values };
    const terms = sortTerms(request.sort ?? [{ by: 'created', desc: true }], now);
    const limit = request.limit ?? DEFAULT_LIMIT;
    const after = request.cursor === undefined ? null : afterCursor(decodeCursor(request.cursor, terms.length), terms);
    const found = this.search(filter, terms, after, limit + 1);
    const page = found.slice(0, limit);
    const last = page.at(-1);
    const cursor =
      found.length > limit && last ? encodeCursor({ run_id: String(last[1]), values: last.slice(3) as [] }) : null;
    const body = this.statements.get(bodyQuery(request.fields));
    return {
      rows: page.map(([run]) => unpackBody(body.get([run!]), request.fields)),
      total: found.length > 0 ? Number(found[0]![2]) : after ? this.count(filter) : 0,
      cursor,
    };
  }

  /** Returns the number of bytes written; 0 if `beforeRename` returned false. Throws on I/O errors. */
  save(beforeRename: () => boolean): number {
    if (this.readOnly) throw new Error(`${this.file} was opened read only`);
    const bytes = saveDatabaseFile(this.database, this.file, beforeRename);
    if (bytes > 0) this.savedChanges = this.changes;
    return bytes;
  }

  close(): void {
    this.statements.clear();
    this.database.close();
  }

  /** Returns rows of id, run id, number of all matches, then the sort values. */
  private search(filter: Sql, terms: SortTerm[], after: Sql | null, limit: number): SqlValue[][] {
    const keys = terms.map(({ sql }, i) => `, ${sql.text} AS k${i}`).join('');
    const text = `WITH hit AS MATERIALIZED (SELECT id FROM run WHERE ${filter.text})
      SELECT * FROM (SELECT run.id, run.run_id, (SELECT count(*) FROM hit)${keys} FROM hit JOIN run ON run.id = hit.id)
      WHERE ${after?.text ?? '1'} ORDER BY ${orderBy(terms)} LIMIT ?`;
    const sortValues = terms.flatMap(({ sql }) => sql.values);
    return this.all(text, [...filter.values, ...sortValues, ...(after?.values ?? []), limit]);
  }

  private count(filter: Sql): number {
    return Number(this.all(`SELECT count(*) FROM run WHERE ${filter.text}`, filter.values)[0]![0]);
  }

  private addRun(run_id: string): number {
    const id = this.insert('INSERT INTO run (run_id) VALUES (?) RETURNING id', run_id);
    this.runs.set(run_id, id);
    return id;
  }

  private nameId(text: string): number {
    let id = this.names.get(text);
    if (id === undefined) {
      id = this.insert('INSERT INTO name (text) VALUES (?) RETURNING id', text);
      this.names.set(text, id);
    }
    return id;
  }

  private sync<T>(
    table: 'param' | 'tag' | 'metric',
    run: number,
    before: Record<string, T>,
    now: Record<string, T>,
    values: (value: T) => SqlValue[],
  ): void {
    const { set, gone } = changedEntries(before, now);
    for (const [key, value] of set) {
      const row = [this.nameId(key), run, ...values(value)];
      this.statements.get(`REPLACE INTO ${table} VALUES (${row.map(() => '?').join(', ')})`).run(row);
    }
    for (const key of gone) this.removeKey(table, run, key);
  }

  private removeKey(table: string, run: number, key: string): void {
    this.statements.get(`DELETE FROM ${table} WHERE key = ? AND run = ?`).run([this.nameId(key), run]);
  }

  private insert(text: string, value: string): number {
    return Number(this.all(text, [value])[0]![0]);
  }

  private all(text: string, values: SqlValue[] = []): SqlValue[][] {
    return this.database.exec(text, values)[0]?.values ?? [];
  }
}

function metricValues({ last, min, max, mean }: Summary): SqlValue[] {
  return [realOf(last), min, max, mean];
}

/** NaN is stored as NULL, so that no comparison matches it and it sorts last. */
function realOf(value: Num): number | null {
  return value === 'NaN' ? null : Number(value);
}

function sortTerms(sort: NonNullable<ListRequest['sort']>, now: number): SortTerm[] {
  return sort.flatMap(({ by, desc = false }) => compileSortTerms(sortField(by), now).map((sql) => ({ sql, desc })));
}

/** Parses a field with the query language, as the field of the comparison `by = 0`. */
function sortField(by: string): Field {
  let query: Query = null;
  try {
    query = parseQuery(`${by} = 0`);
  } catch {
    // The error below says this in terms of a sort order.
  }
  if (query?.kind === 'compare' && query.op === '=' && query.value === 0) return query.field;
  throw userError(
    'invalid',
    english`Runs cannot be sorted by "${by}". Sort by a column, params.key, tags.key or metrics.key.max.`,
    {
      field: 'sort',
    },
  );
}
