import type { Command } from '../../protocol/events';
import type { RunDirectories } from '../files/runDirectory';

/** What ingestion needs of the rest of the collector. */
export interface IngestPorts {
  token: string;
  runs: RunDirectories;
  /** Why nothing may be written here; null for the owner. */
  follower: string | null;
  /** A journal of the run grew. */
  grown(runId: string, file: string): void;
  /** All commands so far: a client in stream mode may have missed some. */
  commandsOf(runId: string): Command[];
  log(message: string): void;
}
