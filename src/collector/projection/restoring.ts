/**
 * Sealed runs whose database is damaged or gone are made again from their packed journals, where there are any. That may
 * take minutes, in which everything else goes on.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../base/unknown';
import { unpackJournals } from '../journal/journalArchive';
import type { RunTail } from './runTail';
import { SEAL_FILE, setAside } from '../files/sealFile';

export interface RestoringSetup {
  ownsLease(): boolean;
  /** Its journals are back: it is a run like any other that is not sealed. */
  restored(runId: string, message: string): void;
  failed(tail: RunTail, message: string): void;
}

export class Restoring {
  private readonly working = new Map<string, Promise<void>>();
  /** Told once, and tried again by the next collector or by a rebuild. */
  private readonly gaveUp = new Set<string>();
  private abort = new AbortController();

  constructor(private readonly setup: RestoringSetup) {}

  get isWorking(): boolean {
    return this.working.size > 0;
  }

  /** Nothing where the run is not lost, cannot be made again, or is at it. */
  begin(tail: RunTail): void {
    const { runId } = tail;
    if (tail.packed.length === 0 || this.working.has(runId) || !this.setup.ownsLease()) return;
    if (this.gaveUp.has(runId)) {
      tail.packed = [];
      return;
    }
    const { signal } = this.abort;
    const done = restore(tail, signal)
      .then(
        () => () => {
          const message = `The run’s database ${tail.store.damage ?? 'was missing'}; it was made again from the packed journals.`;
          this.setup.restored(runId, message);
        },
        (error: unknown) => () => {
          this.gaveUp.add(runId);
          tail.packed = [];
          if (!existsSync(tail.dir)) return;
          const reason = messageOf(error);
          this.setup.failed(
            tail,
            `Run ${runId}: its packed journals could not be unpacked (${reason}). They stay as they are.`,
          );
        },
      )
      .then((tell) => {
        this.working.delete(runId);
        if (!signal.aborted) tell();
      });
    this.working.set(runId, done);
  }

  async whenDone(runId: string): Promise<void> {
    await this.working.get(runId);
  }

  async whenIdle(): Promise<void> {
    while (this.isWorking) await Promise.all(this.working.values());
  }

  /** What is half done is begun again later. */
  async stop(): Promise<void> {
    this.abort.abort();
    await this.whenIdle();
    this.abort = new AbortController();
    this.gaveUp.clear();
  }
}

async function restore({ dir, packed }: RunTail, signal: AbortSignal): Promise<void> {
  await unpackJournals(dir, packed, signal);
  signal.throwIfAborted();
  rmSync(join(dir, SEAL_FILE), { force: true });
  setAside(dir);
}
