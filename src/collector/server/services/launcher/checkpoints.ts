/** Chooses the checkpoint to resume from, and checks that its file is still as it was logged. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { english } from '../../../../base/texts';
import { userError } from '../../../../protocol/apiError';
import type { Checkpoint } from '../../../../protocol/rows';
import type { LaunchInfo } from '../../../contract/workerApi';

/** Allows for the coarse clocks of file systems. */
const SAME_MS = 2_000;

/** Returns the checkpoint's path, or null for "none", which starts from the beginning. Throws if it is missing or was changed. */
export function checkpointPath(info: LaunchInfo, wanted: string, cwd: string, changedIsFine: boolean): string | null {
  if (wanted === 'none') return null;
  const found = findCheckpoint(info.checkpoints, wanted);
  if (!found) {
    const hint = 'To start it from the beginning in a new attempt, pass checkpoint "none".';
    const which =
      wanted === 'best' ? 'checkpoint that its script marked as best' : `checkpoint ${JSON.stringify(wanted)}`;
    const message =
      info.checkpoints.length === 0
        ? `No checkpoint was logged in run ${info.run_id}. ${hint}`
        : `Run ${info.run_id} has no ${which}. ${hint}`;
    throw userError('invalid', message, { field: 'checkpoint' });
  }
  const path = pathOf(found, cwd);
  const state = stateOf(found, path);
  if (state === 'gone')
    throw userError('invalid', english`The checkpoint ${path} no longer exists. Choose another one.`, {
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

/** The latest checkpoint that an attempt logged and whose file is unchanged. */
export function newestIntact(info: LaunchInfo, attempt: number, cwd: string): string | null {
  // Checkpoints are in the order of their logging, which their times, in whole milliseconds, do not always show.
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

/** For a distributed run, only the checkpoints of rank 0, if it logged any. */
function ofFirstRank(checkpoints: Checkpoint[]): Checkpoint[] {
  const first = checkpoints.filter(({ worker }) => worker === 'worker-0');
  return first.length > 0 ? first : checkpoints;
}
