/** The chunks of one run in its database, with a cache of recently decoded columns. */
import type { Database, SqlValue } from 'sql.js';
import type { Chunk, PointColumns } from './chunk';
import { encodeHead } from './chunk';
import { columnValues, decodeColumn, encodeAxis, encodeValues, type Column } from './columnCodec';
import { Statements } from './statements';

export type ColumnName = keyof PointColumns;

const COLUMN_NAMES: ColumnName[] = ['step', 'epoch', 'ts', 'value'];
/** A row's id is fragment * 2^24 + seq, so that chunks of a fragment are adjacent without another index. */
const FRAGMENT = 2 ** 24;
const CACHE_BYTES = 64 * 2 ** 20;
/** Bytes that a cache entry takes apart from its array. */
const ENTRY_BYTES = 200;

export interface StoredChunk {
  fragment: number;
  seq: number;
  n: number;
  /** Null for the fragment's tail, which is decoded and appended to. */
  head: Uint8Array | null;
}

export class ChunkTable {
  private readonly statements: Statements;
  /** Columns by id * 4 + number of the column, in order of use. */
  private readonly cache = new Map<number, Column>();
  cachedBytes = 0;

  constructor(private readonly database: Database) {
    this.statements = new Statements(database);
  }

  list(): StoredChunk[] {
    const rows = this.database.exec('SELECT id, n, head FROM chunk ORDER BY id')[0]?.values ?? [];
    return rows.map(([id, n, head]) => ({
      fragment: Math.floor(Number(id) / FRAGMENT),
      seq: Number(id) % FRAGMENT,
      n: Number(n),
      head: head as Uint8Array | null,
    }));
  }

  /** Stores a chunk or tail, replacing a tail that was saved under this number. */
  put(fragment: number, seq: number, columns: PointColumns, chunk: Chunk | null): void {
    const { value, step, epoch, ts } = columns;
    this.statements
      .get('REPLACE INTO chunk (id, n, head, step, epoch, ts, value) VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run([
        fragment * FRAGMENT + seq,
        value.length,
        chunk && encodeHead(chunk),
        encodeAxis(step),
        encodeAxis(epoch),
        encodeAxis(ts),
        encodeValues(value),
      ] as SqlValue[]);
  }

  /** Decodes all columns, bypassing the cache. */
  read(fragment: number, seq: number, n: number): PointColumns {
    const column = (name: ColumnName) => columnValues(this.decode(fragment * FRAGMENT + seq, name, n), n);
    return { value: column('value'), step: column('step'), epoch: column('epoch'), ts: column('ts') };
  }

  column(fragment: number, chunk: Chunk, name: ColumnName): Column {
    const id = fragment * FRAGMENT + chunk.seq;
    const key = id * 4 + COLUMN_NAMES.indexOf(name);
    let column = this.cache.get(key);
    if (column === undefined) {
      column = this.decode(id, name, chunk.n);
      this.cachedBytes += columnBytes(column);
    } else {
      this.cache.delete(key);
    }
    this.cache.set(key, column);
    this.trim();
    return column;
  }

  close(): void {
    this.statements.clear();
    this.cache.clear();
    this.cachedBytes = 0;
  }

  private decode(id: number, name: ColumnName, n: number): Column {
    const row = this.statements.get(`SELECT ${name} FROM chunk WHERE id = ?`).get([id]);
    if (row.length === 0) throw new Error(`Chunk ${id} is not in the database`);
    return decodeColumn(row[0] as Uint8Array, n);
  }

  private trim(): void {
    if (this.cachedBytes <= CACHE_BYTES) return;
    for (const [key, column] of this.cache) {
      this.cache.delete(key);
      this.cachedBytes -= columnBytes(column);
      if (this.cachedBytes <= CACHE_BYTES) return;
    }
  }
}

function columnBytes(column: Column): number {
  return ENTRY_BYTES + (column instanceof Float64Array ? column.byteLength : 0);
}
