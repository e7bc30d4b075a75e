/**
 * Reads and writes database files. sql.js keeps a database in memory and can only write it whole: to a temporary file that
 * is synced and renamed. Reading checks every byte. The checksum is stored as SQLite's application id (header bytes 68–71),
 * so that any SQLite can open the file.
 */
import { crc32 } from 'node:zlib';
import initSqlJs from 'sql.js';
import type { Database, SqlJsStatic } from 'sql.js';
import { putFile, readRegularFile } from '../files/safeFile';

const MAGIC = 'SQLite format 3\0';
const CHECKSUM_AT = 68;
const HEADER_BYTES = 100;
/** The largest database that sql.js can hold in memory. */
const MAX_BYTES = 2 ** 31 - 1;

export function loadSql(wasmFile: string): Promise<SqlJsStatic> {
  return initSqlJs({ locateFile: () => wasmFile });
}

/** `missing`: there is no such file. `damage`: the reason why it cannot be used. */
export type Loaded = { bytes: Uint8Array } | { missing: true } | { damage: string };

export function readDatabaseFile(file: string): Loaded {
  let bytes: Uint8Array;
  try {
    bytes = readRegularFile(file, MAX_BYTES);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? { missing: true }
      : { damage: `cannot be read: ${(error as Error).message}` };
  }
  if (bytes.length < HEADER_BYTES || Buffer.from(bytes.subarray(0, 16)).toString('latin1') !== MAGIC) {
    return { damage: 'is not a database' };
  }
  return storedChecksum(bytes) === checksum(bytes) ? { bytes } : { damage: 'has a wrong checksum' };
}

/**
 * Writes the database to the file or leaves the file unchanged. Returns the number of bytes; 0 if `beforeRename`, called at
 * the last moment, returned false. Throws on I/O errors.
 */
export function saveDatabaseFile(database: Database, file: string, beforeRename: () => boolean): number {
  const bytes = database.export();
  view(bytes).setUint32(CHECKSUM_AT, checksum(bytes));
  return putFile(file, bytes, beforeRename) ? bytes.length : 0;
}

/** Size of a database in memory, in bytes. */
export function databaseBytes(database: Database): number {
  const [pages, size] = database.exec('PRAGMA page_count; PRAGMA page_size');
  return Number(pages?.values[0]?.[0] ?? 0) * Number(size?.values[0]?.[0] ?? 0);
}

/** The checksum in the header of a file that was written here. */
export function storedChecksum(bytes: Uint8Array): number {
  return view(bytes).getUint32(CHECKSUM_AT);
}

function checksum(bytes: Uint8Array): number {
  const before = crc32(bytes.subarray(0, CHECKSUM_AT));
  return crc32(bytes.subarray(CHECKSUM_AT + 4), before);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
