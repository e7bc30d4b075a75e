/** A script may say that its run has ended and go on: then its process counts, for as long as it can be seen. */
import type { LaunchInfo } from '../contract/workerApi';
import { liveness } from '../files/processIdentity';

const POLL_MS = 100;

/** A process that a supervisor of the latest attempt started is alive on this host. */
export function isScriptAlive({ processes }: LaunchInfo): boolean {
  return processes.some(({ pgid, proc }) => pgid !== null && liveness(proc) === 'alive');
}

/** After its last word a script needs a moment to end. */
export async function endsWithin(ms: number, info: LaunchInfo): Promise<boolean> {
  const until = performance.now() + ms;
  while (isScriptAlive(info)) {
    if (performance.now() >= until) return false;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return true;
}
