/**
 * Sealed runs whose database is damaged or gone are made again from their packed journals, where there are any. That may
 * take minutes, in which everything else goes on.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../base/unknown';
import { unpackJournals } from '../journal/journalArchive';
import type { LoadedRun } from './loadedRun';
import { SEAL_FILE, setAside } from '../files/sealFile';

export interface RestoringSetup {
  ownsLease(): boolean;
  /** Its journals are back: it is a run like any other that is not sealed. */
  restored(runId: string, message: string): void;
  failed(loaded: LoadedRun, message: string): void;
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
  begin(loaded: LoadedRun): void {
    const { runId } = loaded;
    if (loaded.packed.length === 0 || this.working.has(runId) || !this.setup.ownsLease()) return;
    if (this.gaveUp.has(runId)) {
      loaded.packed = [];
      return;
    }
    const { signal } = this.abort;
    const done = restore(loaded, signal)
      .then(
        () => () => {
          const message = `The run’s database ${loaded.store.damage ?? 'was missing'}; it was made again from the packed journals.`;
          this.setup.restored(runId, message);
        },
        (error: unknown) => () => {
          this.gaveUp.add(runId);
          loaded.packed = [];
          if (!existsSync(loaded.dir)) return;
          const reason = messageOf(error);
          this.setup.failed(
            loaded,
            `Run ${runId}: its packed journals could not be unpacked (${reason}). They stay as they are.`,
          );
        },
      )
      .then((report) => {
        this.working.delete(runId);
        if (!signal.aborted) report();
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

async function restore({ dir, packed }: LoadedRun, signal: AbortSignal): Promise<void> {
  await unpackJournals(dir, packed, signal);
  signal.throwIfAborted();
  rmSync(join(dir, SEAL_FILE), { force: true });
  setAside(dir);
}
