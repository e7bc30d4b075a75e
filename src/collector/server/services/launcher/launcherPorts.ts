import type { Command, Json, Proc } from '../../../../protocol/events';
import type { CommandState } from '../../../../protocol/rows';
import type { Liveness } from '../../../files/processIdentity';
import type { RunDirectories } from '../../../files/runDirectory';
import type { LaunchInfo } from '../../../contract/workerApi';

/** What launching, stopping and resuming need of the rest of the collector. */
export interface LauncherPorts {
  /** The `.xtrack` directory. */
  dir: string;
  /** The folder that holds the Python package. */
  pythonPath: string;
  runs: RunDirectories;
  /** Why nothing may be launched or stopped here; null for the owner. */
  follower: string | null;
  /** Journals an event as the collector; resolves once it shows in queries. */
  appendEvent(runId: string, attempt: number, t: string, p: Json): Promise<void>;
  /** Journals a command and tells connected clients; resolves once it shows in queries. */
  appendCommand(runId: string, command: Command): Promise<void>;
  /** Everything that is in the run's journals by now is read. */
  refresh(runId: string): Promise<void>;
  /** Rejects with not_found. */
  launchInfo(runId: string): Promise<LaunchInfo>;
  commandStates(runId: string): Promise<CommandState[]>;
  liveness(proc: Proc): Liveness;
  log(message: string): void;
}
