/** Directories of runs. Names come from outside and the workspace may be hostile, so path parts and links are refused. */
import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isId } from '../../protocol/ids';

export class RunDirectories {
  readonly root: string;

  /** `dir` is the `.xtrack` directory. */
  constructor(dir: string) {
    this.root = join(dir, 'runs');
  }

  /** Returns null if there is no such run. */
  find(runId: string): string | null {
    const path = this.pathOf(runId);
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? path : null;
  }

  ensure(runId: string): string {
    const path = this.pathOf(runId);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    if (!lstatSync(path).isDirectory()) throw new Error(`${path} is not a directory`);
    return path;
  }

  private pathOf(runId: string): string {
    if (!isId(runId)) throw new Error(`not a valid run id: ${JSON.stringify(runId)}`);
    return join(this.root, runId);
  }
}
