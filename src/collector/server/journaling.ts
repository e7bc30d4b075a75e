/** Journals the collector's own events. When a promise resolves, the store has read the event. */
import { messageOf } from '../../base/unknown';
import { hasCode } from '../../protocol/apiError';
import type { Command, Edit, Json } from '../../protocol/events';
import type { AskStore } from '../contract/workerApi';
import type { OwnJournals } from './ownJournals';

interface JournalingPorts {
  journals: OwnJournals;
  ask: AskStore;
  /** Sends a command to the script's connection, if there is one. */
  push(runId: string, command: Command): void;
  log(message: string): void;
}

export class Journaling {
  constructor(private readonly ports: JournalingPorts) {}

  async appendEvent(runId: string, attempt: number, t: string, p: Json): Promise<void> {
    await this.readJournals(runId, this.ports.journals.appendEvent(runId, attempt, t, p));
  }

  async appendCommand(runId: string, command: Command): Promise<void> {
    const file = this.ports.journals.appendCommand(runId, command);
    this.ports.push(runId, command);
    await this.readJournals(runId, file);
  }

  async appendEdit(edit: Edit): Promise<void> {
    await this.readJournals(edit.run_id, this.ports.journals.appendEdit(edit.run_id, { ...edit }));
  }

  /** When a supervisor reports its script's end, the script's earlier events have to be read as well. */
  grown(runId: string, file: string): Promise<void> {
    return this.readJournals(runId, file.startsWith('events-sup-') ? undefined : file);
  }

  /** Resolves once the store has read the journal; without `file`, all journals of the run. */
  async readJournals(run_id: string, file?: string): Promise<void> {
    try {
      await this.ports.ask('bell', { run_id, ...(file !== undefined && { file }) });
    } catch (error) {
      // A restarted store reads everything anyway.
      if (hasCode(error, 'unavailable')) return;
      this.ports.log(`Reading ${file ?? 'the journals'} of run ${run_id} failed: ${messageOf(error)}`);
    }
  }
}
