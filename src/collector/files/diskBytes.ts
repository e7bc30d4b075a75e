/** What a file or a folder takes on disk. Links are never followed: what they lead to is somebody else's. */
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';

/** Of a folder with more in it, that many are counted. */
const MAX_ENTRIES = 5_000;

/** 0 where there is nothing. */
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
    // A folder on the way is closed to us.
    return undefined;
  }
}

/** Logs may have holes, where a part was given back to the disk. */
function allocated({ size, blocks }: Stats): number {
  return blocks > 0 ? Math.min(size, blocks * 512) : size;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Gone, or not ours to read.
    return [];
  }
}
