/** Opens a run and waits briefly for its journals to be read. */
import { english } from '../../base/texts';
import { userError } from '../../protocol/apiError';
import { isId } from '../../protocol/ids';
import type { Ingestion } from './ingestion';
import { lostMessage, type OpenRun, type OpenRuns } from './openRuns';
import type { Restoring } from './restoring';

/** A run that takes longer to read is answered with what has been read so far. */
const WAIT_MS = 500;

interface AcquirePorts {
  runs: OpenRuns;
  /** This is a function because a rebuild replaces the ingestion. */
  ingestion(): Ingestion;
  restoring: Restoring;
}

/** Rejects if there is no such run or it cannot be read. */
export async function acquireRun(runId: string, ports: AcquirePorts): Promise<OpenRun> {
  const { runs, ingestion } = ports;
  const found = isId(runId) ? ingestion().find(runId) : null;
  if (!found) throw missing(runId);
  ingestion().open(found);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, WAIT_MS)));
  await Promise.race([whenReady(runId, ports), timeout]);
  clearTimeout(timer);
  // The run may have been closed or reopened in the meantime.
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
