import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readHead } from './streamJournal';

/** Whether the journal that a client says it writes is a file that we see, and really its own. */
export function seesJournal(runDir: string, file: string, writer: { run_id: string; writer: string }): boolean {
  if (file !== basename(file) || !/^events-.+\.xtj$/.test(file)) return false;
  let fd: number;
  try {
    fd = openSync(join(runDir, file), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch {
    return false;
  }
  try {
    const head = fstatSync(fd).isFile() ? readHead(fd) : null;
    return head?.writer === writer.writer && head.run_id === writer.run_id;
  } finally {
    closeSync(fd);
  }
}
