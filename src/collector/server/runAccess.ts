/** Finds the runs that a request names, and checks whether they may be written. */
import { english } from '../../base/texts';
import { userError } from '../../protocol/apiError';
import type { ServiceContext } from './serviceContext';

export function checkOwner({ follower }: Pick<ServiceContext, 'follower'>): void {
  if (follower !== null) throw userError('follower', follower);
}

export function runFolder({ runs }: Pick<ServiceContext, 'runs'>, runId: string): string {
  const dir = runs.find(runId);
  if (!dir) throw userError('not_found', english`There is no run ${runId}.`, { field: 'run_id' });
  return dir;
}

/** Returns each run once. Throws if one does not exist, or if this collector may not write. */
export function writableRuns(context: Pick<ServiceContext, 'follower' | 'runs'>, runIds: string[]): string[] {
  checkOwner(context);
  const unique = [...new Set(runIds)];
  for (const runId of unique) runFolder(context, runId);
  return unique;
}
