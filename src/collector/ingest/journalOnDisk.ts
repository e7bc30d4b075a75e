import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { basename, join } from 'node:path';
import { lastSeqOf, readHead } from './streamJournal';

/**
 * The last seq in the journal that a client says it writes. Null if the collector does not see that file, or if the file is
 * not the client's own: the collector's copy has the same name.
 */
export function lastSeqOnDisk(runDir: string, file: string, writer: { run_id: string; writer: string }): number | null {
  if (file !== basename(file) || !/^events-.+\.xtj$/.test(file)) return null;
  let fd: number;
  try {
    fd = openSync(join(runDir, file), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch {
    return null;
  }
  try {
    const stats = fstatSync(fd);
    const head = stats.isFile() ? readHead(fd) : null;
    const isOwn = head?.writer === writer.writer && head.run_id === writer.run_id && head.copy !== true;
    return isOwn ? lastSeqOf(fd, stats.size) : null;
  } finally {
    closeSync(fd);
  }
}
