import type { Command } from '../../protocol/events';
import type { RunDirectories } from '../files/runDirectory';

/** What ingestion needs from the rest of the collector. */
export interface IngestPorts {
  token: string;
  runs: RunDirectories;
  /** The reason why a follower may write nothing; null for the owner. */
  follower: string | null;
  /** Called when a journal of the run grew. */
  grown(runId: string, file: string): void;
  /** All commands so far, because a client in stream mode may have missed some. */
  commandsOf(runId: string): Command[];
  log(message: string): void;
}
