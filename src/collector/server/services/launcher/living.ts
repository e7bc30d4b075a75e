/** A script may say that its run has ended and go on: its process counts then, for as long as it can be seen. */
import type { LaunchInfo } from '../../../contract/workerApi';
import type { LauncherPorts } from './launcherPorts';

const LOOK_EVERY_MS = 100;

/** A process that a supervisor of the latest attempt started lives on this host. */
export function livesOn({ processes }: LaunchInfo, { liveness }: LauncherPorts): boolean {
  return processes.some(({ pgid, proc }) => pgid !== null && liveness(proc) === 'alive');
}

/** After its last word a script needs a moment to end. */
export async function endsWithin(ms: number, info: LaunchInfo, ports: LauncherPorts): Promise<boolean> {
  const until = performance.now() + ms;
  while (livesOn(info, ports)) {
    if (performance.now() >= until) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return true;
}
