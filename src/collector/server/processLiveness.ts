/** A script may report its run's end and keep running. Then its process decides, as long as it can be observed. */
import type { LaunchInfo } from '../contract/workerApi';
import { liveness } from '../files/processIdentity';

const POLL_MS = 100;

/** Whether a process that a supervisor of the latest attempt started is alive on this host. */
export function isScriptAlive({ processes }: LaunchInfo): boolean {
  return processes.some(({ pgid, proc }) => pgid !== null && liveness(proc) === 'alive');
}

/** A script needs a moment to end after its last event. */
export async function endsWithin(ms: number, info: LaunchInfo): Promise<boolean> {
  const until = performance.now() + ms;
  while (isScriptAlive(info)) {
    if (performance.now() >= until) return false;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return true;
}
