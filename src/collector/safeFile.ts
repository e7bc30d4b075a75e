/** Files that are there whole or not at all, also after a power cut. */
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync, copyFileSync } from 'node:fs';
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

function writeSynced(file: string, bytes: Uint8Array): void {
  const descriptor = openSync(file, 'w', 0o600);
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
