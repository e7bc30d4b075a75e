/**
 * Files that are there whole or not at all, also after a power cut; in directories that somebody else may have prepared:
 * a link is never followed, and what is no file (a pipe that nobody writes to) is never waited for.
 */
import { closeSync, constants, fstatSync, fsyncSync, linkSync, openSync, readSync } from 'node:fs';
import { copyFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes the file, or leaves it as it was. False when `beforeRename`, asked at the last moment, said that it is not ours to write. */
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

/** A second name for what is in the file now, which stays when the first one gets other content. */
export function keepAs(file: string, name: string): void {
  const temporary = `${name}.tmp`;
  rmSync(temporary, { force: true });
  try {
    linkSync(file, temporary);
  } catch {
    // Not every file system has links.
    copyFileSync(file, temporary);
    syncFile(temporary);
  }
  renameSync(temporary, name);
  // Of two names of one file, renaming one to the other does nothing.
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

/** So that a rename itself survives a power cut. Windows cannot open a directory, and needs no such thing. */
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

/** Throws what the file system throws, and for what is no file, or one over the limit. */
export function readRegularFile(file: string, maxBytes: number): Buffer {
  const descriptor = openSync(file, READ);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new Error('it is no file');
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
  // What a crash left, or a link that somebody put there for us to write through.
  rmSync(file, { force: true });
  const descriptor = openSync(file, 'wx', 0o600);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
