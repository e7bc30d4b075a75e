/**
 * Writes files so that they are complete or absent, even after a power cut. Another user may have prepared the directory,
 * so links are never followed, and opening something that is not a file (an idle pipe) never blocks.
 */
import { closeSync, constants, fstatSync, fsyncSync, linkSync, openSync, readSync } from 'node:fs';
import { copyFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes the file or leaves it unchanged. Returns false if `beforeRename`, called at the last moment, returned false. */
export function putFile(file: string, bytes: Uint8Array, beforeRename: () => boolean): boolean {
  const temporary = `${file}.tmp`;
  try {
    writeSynced(temporary, bytes);
    if (!beforeRename()) return false;
    renameSync(temporary, file);
  } finally {
    rmSync(temporary, { force: true });
  }
  syncDirectory(dirname(file));
  return true;
}

/** Gives the current content of the file a second name, which keeps it when the file is replaced. */
export function keepAs(file: string, name: string): void {
  const temporary = `${name}.tmp`;
  rmSync(temporary, { force: true });
  try {
    linkSync(file, temporary);
  } catch {
    // Not every file system has hard links.
    copyFileSync(file, temporary);
    syncFile(temporary);
  }
  renameSync(temporary, name);
  // Renaming does nothing if both are names of one file, so the temporary name may still be there.
  rmSync(temporary, { force: true });
  syncDirectory(dirname(name));
}

export function syncFile(file: string): void {
  const descriptor = openSync(file, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes a rename survive a power cut. Windows cannot open directories and does not need this. */
export function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(directory, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Throws the error of the file system, or one of its own if this is not a file or is too large. */
export function readRegularFile(file: string, maxBytes: number): Buffer {
  const descriptor = openSync(file, READ);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new Error('it is not a file');
    if (stats.size > maxBytes) throw new Error(`it has ${stats.size} bytes, and at most ${maxBytes} are read`);
    const bytes = Buffer.alloc(stats.size);
    let at = 0;
    for (let count = 1; count > 0 && at < bytes.length; at += count)
      count = readSync(descriptor, bytes, at, bytes.length - at, at);
    return bytes.subarray(0, at);
  } finally {
    closeSync(descriptor);
  }
}

function writeSynced(file: string, bytes: Uint8Array): void {
  // A crash may have left a file here, and an attacker may have placed a link for us to write through.
  rmSync(file, { force: true });
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
