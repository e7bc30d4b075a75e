/** Which checkpoint a run goes on from, and whether its file is still what was logged. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { english } from '../../../../base/texts';
import { userError } from '../../../../protocol/apiError';
import type { Checkpoint } from '../../../../protocol/rows';
import type { LaunchInfo } from '../../../contract/workerApi';

/** Clocks of file systems are coarse. */
const SAME_MS = 2_000;

/** The path; null for "none": from the beginning. Throws where there is no such checkpoint, or not as it was logged. */
export function checkpointPath(info: LaunchInfo, wanted: string, cwd: string, changedIsFine: boolean): string | null {
  if (wanted === 'none') return null;
  const found = findCheckpoint(info.checkpoints, wanted);
  if (!found) {
    const hint = 'To start it from the beginning in a new attempt, pass checkpoint "none".';
    const which =
      wanted === 'best' ? 'checkpoint that its script called the best' : `checkpoint ${JSON.stringify(wanted)}`;
    const message =
      info.checkpoints.length === 0
        ? `No checkpoint was logged in run ${info.run_id}. ${hint}`
        : `Run ${info.run_id} has no ${which}. ${hint}`;
    throw userError('invalid', message, { field: 'checkpoint' });
  }
  const path = pathOf(found, cwd);
  const state = stateOf(found, path);
  if (state === 'gone')
    throw userError('invalid', english`The checkpoint ${path} is not there any more. Choose another one.`, {
      field: 'checkpoint',
    });
  if (state === 'changed' && !changedIsFine)
    throw userError(
      'conflict',
      english`The checkpoint ${path} was changed after it was logged. Choose another one, or use it as it is now.`,
      { field: 'checkpoint' },
    );
  return path;
}

/** The latest that an attempt logged and that is as it was logged. */
export function newestIntact(info: LaunchInfo, attempt: number, cwd: string): string | null {
  // They are in the order of their logging, which their times, in whole milliseconds, do not always tell.
  for (const each of ofFirstRank(info.checkpoints.filter((one) => one.attempt === attempt)).toReversed()) {
    const path = pathOf(each, cwd);
    if (stateOf(each, path) === 'intact') return path;
  }
  return null;
}

function pathOf(checkpoint: Checkpoint, cwd: string): string {
  return checkpoint.file ?? resolve(cwd, checkpoint.path);
}

function stateOf({ size, modified }: Checkpoint, path: string): 'intact' | 'changed' | 'gone' {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 'gone';
  if (!stat.isFile()) return 'intact';
  const isOther = typeof size === 'number' && size !== stat.size;
  const isLater = typeof modified === 'number' && stat.mtimeMs > modified + SAME_MS;
  return isOther || isLater ? 'changed' : 'intact';
}

function findCheckpoint(checkpoints: Checkpoint[], wanted: string): Checkpoint | undefined {
  if (wanted === 'last') return newest(ofFirstRank(checkpoints));
  if (wanted === 'best') return newest(ofFirstRank(checkpoints.filter((each) => each.is_best)));
  return checkpoints.find((each) => each.id === wanted);
}

function newest(of: Checkpoint[]): Checkpoint | undefined {
  return of.reduce<Checkpoint | undefined>((best, each) => (best && best.at > each.at ? best : each), undefined);
}

/** Of a distributed run those of rank 0, where it logged any. */
function ofFirstRank(checkpoints: Checkpoint[]): Checkpoint[] {
  const first = checkpoints.filter(({ worker }) => worker === 'worker-0');
  return first.length > 0 ? first : checkpoints;
}
