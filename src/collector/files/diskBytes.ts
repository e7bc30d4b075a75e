/** Measures the disk usage of a file or folder. Links are never followed, because their targets belong elsewhere. */
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';

/** The largest number of entries that are counted in a folder. */
const MAX_ENTRIES = 5_000;

/** Returns 0 if there is no such file. */
export function diskBytes(path: string): number {
  let bytes = 0;
  let left = MAX_ENTRIES;
  const waiting = [path];
  for (let next = waiting.pop(); next !== undefined && left > 0; next = waiting.pop()) {
    left--;
    const stats = statsOf(next);
    if (stats?.isFile()) bytes += allocated(stats);
    else if (stats?.isDirectory()) for (const name of namesIn(next)) waiting.push(join(next, name));
  }
  return bytes;
}

function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    // A folder on the way may not be read.
    return undefined;
  }
}

/** A log may have holes, where its beginning was returned to the disk. */
function allocated({ size, blocks }: Stats): number {
  return blocks > 0 ? Math.min(size, blocks * 512) : size;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // The folder is gone or may not be read.
    return [];
  }
}
