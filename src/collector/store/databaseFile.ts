/**
 * sql.js keeps a database in memory and can only write it whole. This is the whole of our files on disk: written beside,
 * synced, renamed; read with a check of every byte. The checksum lies in SQLite's application id (header bytes 68–71),
 * so that the file stays one that every SQLite opens.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import initSqlJs from 'sql.js';
import type { Database, SqlJsStatic } from 'sql.js';

const MAGIC = 'SQLite format 3\0';
const CHECKSUM_AT = 68;
const HEADER_BYTES = 100;

export function loadSql(wasmFile: string): Promise<SqlJsStatic> {
  return initSqlJs({ locateFile: () => wasmFile });
}

/** `missing`: there is no such file. `damage`: there is one, and why it is no good. */
export type Loaded = { bytes: Uint8Array } | { missing: true } | { damage: string };

export function readDatabaseFile(file: string): Loaded {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
      ? { missing: true }
      : { damage: `cannot be read: ${(error as Error).message}` };
  }
  if (bytes.length < HEADER_BYTES || Buffer.from(bytes.subarray(0, 16)).toString('latin1') !== MAGIC) {
    return { damage: 'is not a database' };
  }
  const stored = view(bytes).getUint32(CHECKSUM_AT);
  return stored === checksum(bytes) ? { bytes } : { damage: 'has a wrong checksum' };
}

/**
 * Writes the database to the file, or leaves the file as it was. Returns the number of bytes; 0 when `beforeRename`,
 * asked at the last moment, said that the file is not ours to write. Throws on I/O errors.
 */
export function saveDatabaseFile(database: Database, file: string, beforeRename: () => boolean): number {
  const bytes = database.export();
  view(bytes).setUint32(CHECKSUM_AT, checksum(bytes));
  const temporary = `${file}.tmp`;
  try {
    writeSynced(temporary, bytes);
    if (!beforeRename()) return 0;
    renameSync(temporary, file);
  } finally {
    rmSync(temporary, { force: true });
  }
  syncDirectory(dirname(file));
  return bytes.length;
}

/** Bytes of a database as it lies in memory. */
export function databaseBytes(database: Database): number {
  const [pages, size] = database.exec('PRAGMA page_count; PRAGMA page_size');
  return Number(pages?.values[0]?.[0] ?? 0) * Number(size?.values[0]?.[0] ?? 0);
}

function checksum(bytes: Uint8Array): number {
  const before = crc32(bytes.subarray(0, CHECKSUM_AT));
  return crc32(bytes.subarray(CHECKSUM_AT + 4), before);
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function writeSynced(file: string, bytes: Uint8Array): void {
  const descriptor = openSync(file, 'w', 0o600);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** So that the rename itself survives a power cut. Windows cannot open a directory, and needs no such thing. */
function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
