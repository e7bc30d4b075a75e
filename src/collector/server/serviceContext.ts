/** The parts of the collector that services may use. */
import type { Command, Edit, Json } from '../../protocol/events';
import type { Changed } from '../../protocol/rows';
import type { AskStore } from '../contract/workerApi';
import type { RunDirectories } from '../files/runDirectory';

export interface ServiceContext {
  /** The `.xtrack` directory. */
  readonly dir: string;
  /** A folder that only this user can write, for data that must not come from a workspace. */
  readonly privateFolder: string;
  /** The folder that holds the Python package. */
  readonly pythonPath: string;
  readonly runs: RunDirectories;
  /** Why nothing may be written here; null for the owner of the directory. */
  readonly follower: string | null;
  /** Calls a method of the store's thread. */
  readonly ask: AskStore;
  /** Journals an event as the collector; resolves once it shows in queries. */
  appendEvent(runId: string, attempt: number, t: string, p: Json): Promise<void>;
  /** Journals a command and sends it to connected clients; resolves once it shows in queries. */
  appendCommand(runId: string, command: Command): Promise<void>;
  /** Journals a user's edit; resolves once it shows in queries. */
  appendEdit(edit: Edit): Promise<void>;
  /** Resolves once the store has read everything that is in the run's journals now. */
  readJournals(runId: string): Promise<void>;
  /** Notifies the clients that subscribed to these topics. */
  notify(changes: Changed[]): void;
  log(message: string): void;
}
