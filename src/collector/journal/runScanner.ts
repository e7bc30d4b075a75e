/** Lists `runs/`. The workspace may be hostile, so only real directories and files with valid names count. */
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { isId } from '../../protocol/ids';
import { isJournalName } from '../files/runFiles';

export interface FoundRun {
  runId: string;
  dir: string;
}

export interface FoundJournal {
  name: string;
  path: string;
  stats: Stats;
}

/** Runs in no particular order; empty if there is no such directory. */
export function listRuns(root: string): FoundRun[] {
  return entries(root)
    .filter((entry) => entry.isDirectory() && isId(entry.name))
    .map(({ name }) => ({ runId: name, dir: join(root, name) }));
}

/** Journals sorted by name, so that listing the same directory twice gives the same result. */
export function listJournals(runDir: string): FoundJournal[] {
  const found: FoundJournal[] = [];
  for (const entry of entries(runDir)) {
    if (!entry.isFile() || !isJournalName(entry.name)) continue;
    const path = join(runDir, entry.name);
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (stats?.isFile()) found.push({ name: entry.name, path, stats });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function entries(dir: string) {
  try {
    return readdirSync(dir, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // The directory was removed in the meantime or may not be read, so it counts as empty.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return [];
    throw error;
  }
}
