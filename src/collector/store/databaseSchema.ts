/** Schemas of our databases: `meta` has the version, and steps lead from each version to the next. */
import type { Database, SqlJsStatic } from 'sql.js';
import { readDatabaseFile } from './databaseFile';

/** `steps[i]` upgrades version i to i + 1; the first step makes the tables of an empty database. */
export interface Schema {
  steps: readonly string[];
  /** Page size of new databases. Small pages waste less in small databases but make longer chains for large values. */
  pageBytes: number;
}

/** `damage` is the reason why an existing file could not be used; the database is empty then. */
export interface Opened {
  database: Database;
  damage: string | null;
}

const META = 'CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;';
/** No journal on disk is needed, because the database is in memory and saved whole. */
const CONNECTION = 'PRAGMA journal_mode = MEMORY; PRAGMA temp_store = MEMORY;';

export function openDatabase(sql: SqlJsStatic, file: string, schema: Schema): Opened {
  const loaded = readDatabaseFile(file);
  if ('missing' in loaded) return { database: emptyDatabase(sql, schema), damage: null };
  try {
    if ('damage' in loaded) throw new Error(loaded.damage);
    return { database: databaseOf(sql, loaded.bytes, schema), damage: null };
  } catch (error) {
    return { database: emptyDatabase(sql, schema), damage: (error as Error).message };
  }
}

/** Throws an error that says what is wrong with the database. */
export function databaseOf(sql: SqlJsStatic, bytes: Uint8Array, schema: Schema): Database {
  const database = new sql.Database(bytes);
  try {
    refusePrograms(database);
    database.exec(CONNECTION);
    upgrade(database, schema);
    if (shapeOf(database) !== expectedShape(sql, schema)) throw new Error('has unexpected tables');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

export function emptyDatabase(sql: SqlJsStatic, schema: Schema): Database {
  const database = new sql.Database();
  database.exec(`PRAGMA page_size = ${schema.pageBytes}; ${META} ${CONNECTION}`);
  upgrade(database, schema);
  return database;
}

export function readMeta(database: Database, name: string): number {
  return Number(database.exec('SELECT value FROM meta WHERE name = ?', [name])[0]?.values[0]?.[0] ?? 0);
}

export function writeMeta(database: Database, name: string, value: number): void {
  database.run('REPLACE INTO meta (name, value) VALUES (?, ?)', [name, value]);
}

/** Runs `work` in a transaction, which is rolled back if it throws. */
export function transact(database: Database, work: () => void): void {
  database.exec('BEGIN');
  try {
    work();
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

function upgrade(database: Database, { steps }: Schema): void {
  const version = readMeta(database, 'schema');
  if (version > steps.length) {
    throw new Error(`was written by a newer version (schema ${version}; this version supports up to ${steps.length})`);
  }
  if (version === steps.length) return;
  transact(database, () => {
    for (const step of steps.slice(version)) database.exec(step);
    writeMeta(database, 'schema', steps.length);
  });
}

/** A hostile view or trigger could run forever when a table is read or written. Our databases have none. */
function refusePrograms(database: Database): void {
  const found = database.exec("SELECT name FROM sqlite_master WHERE type NOT IN ('table', 'index')")[0]?.values[0];
  if (found) throw new Error(`has a view or trigger, ${JSON.stringify(found[0])}, which our databases never have`);
}

/** The exact definitions of all tables and indexes. */
function shapeOf(database: Database): string {
  return JSON.stringify(database.exec('SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name'));
}

const shapes = new WeakMap<Schema, string>();

function expectedShape(sql: SqlJsStatic, schema: Schema): string {
  let shape = shapes.get(schema);
  if (shape === undefined) {
    const empty = emptyDatabase(sql, schema);
    shape = shapeOf(empty);
    shapes.set(schema, shape);
    empty.close();
  }
  return shape;
}
