/** What is in `runs/`. The workspace may be hostile: only real directories and files, only names that are ids. */
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

/** In no order. Empty when there is no such directory. */
export function listRuns(root: string): FoundRun[] {
  return entries(root)
    .filter((entry) => entry.isDirectory() && isId(entry.name))
    .map(({ name }) => ({ runId: name, dir: join(root, name) }));
}

/** In order of their names, so that two looks at the same directory are the same. */
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
    // Gone between two looks, or not ours to read: what is not there has nothing to say.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return [];
    throw error;
  }
}
