/** An open run with everything that could be read of it in a short time. */
import { english } from '../../base/texts';
import { userError } from '../../protocol/apiError';
import { isId } from '../../protocol/ids';
import type { Ingestion } from './ingestion';
import { lostMessage, type OpenRun, type OpenRuns } from './openRuns';
import type { Restoring } from './restoring';

/** Of a run with more to read than that takes, the answer holds what was read so far. */
const WAIT_MS = 500;

interface AcquirePorts {
  runs: OpenRuns;
  /** A rebuild replaces it. */
  ingestion(): Ingestion;
  restoring: Restoring;
}

/** Rejects where there is no such run, or it cannot be read. */
export async function acquireRun(runId: string, ports: AcquirePorts): Promise<OpenRun> {
  const { runs, ingestion } = ports;
  const found = isId(runId) ? ingestion().find(runId) : null;
  if (!found) throw missing(runId);
  ingestion().open(found);
  let late: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => (late = setTimeout(resolve, WAIT_MS)));
  await Promise.race([whenReady(runId, ports), patience]);
  clearTimeout(late);
  // It may have been closed or made anew in the meantime.
  const run = runs.get(runId);
  if (!run?.loaded.exists) throw missing(runId);
  if (run.loaded.lost !== null) throw userError('io', lostMessage(run.loaded));
  return run;
}

async function whenReady(runId: string, { ingestion, restoring }: AcquirePorts): Promise<void> {
  await ingestion().whenCaughtUp(runId);
  await restoring.whenDone(runId);
  await ingestion().whenCaughtUp(runId);
}

function missing(runId: string): Error {
  return userError('not_found', english`There is no run ${runId} here.`, { field: 'run_id' });
}
