/** Stores log lines or events: rows that are appended one by one and read by page, in the order of arrival. */
import type { Database, SqlValue, Statement } from 'sql.js';
import { transact } from './databaseSchema';

const BATCH = 256;

export interface LinePage {
  rows: SqlValue[][];
  next: number;
  total: number;
}

export class LineTable {
  /** Rows that are not in the database yet, because a transaction for each row is slow. */
  private pending: SqlValue[][] = [];
  private insert: Statement | null = null;
  private stored: number;

  constructor(
    private readonly database: Database,
    private readonly table: 'log' | 'event',
    private readonly columns: readonly string[],
  ) {
    this.stored = Number(database.exec(`SELECT count(*) FROM ${table}`)[0]!.values[0]![0]);
  }

  get total(): number {
    return this.stored + this.pending.length;
  }

  add(row: SqlValue[]): void {
    this.pending.push(row);
    if (this.pending.length >= BATCH) this.flush();
  }

  flush(): void {
    if (this.pending.length === 0) return;
    const names = this.columns.join(', ');
    const marks = this.columns.map(() => '?').join(', ');
    this.insert ??= this.database.prepare(`INSERT INTO ${this.table} (${names}) VALUES (${marks})`);
    const insert = this.insert;
    transact(this.database, () => this.pending.forEach((row) => insert.run(row)));
    this.stored += this.pending.length;
    this.pending = [];
  }

  /** Rows are numbered from 0. `types` leaves out rows of other types, which keep their numbers. */
  page(offset: number, limit: number, types?: readonly string[]): LinePage {
    this.flush();
    const chosen = types === undefined ? '' : `AND type IN (${types.map(() => '?').join(', ')})`;
    const text = `SELECT id, ${this.columns.join(', ')} FROM ${this.table} WHERE id > ? ${chosen} ORDER BY id LIMIT ?`;
    const found = this.database.exec(text, [offset, ...(types ?? []), limit])[0]?.values ?? [];
    const last = found.length < limit ? this.total : Number(found.at(-1)?.[0] ?? offset);
    return { rows: found.map(([, ...row]) => row), next: Math.max(offset, last), total: this.total };
  }
}
