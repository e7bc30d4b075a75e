/**
 * Rebuilds sealed runs whose database is damaged or missing from their packed journals, if there are any. That may take
 * minutes, so it runs in the background.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../base/unknown';
import { unpackJournals } from '../journal/journalArchive';
import type { LoadedRun } from './loadedRun';
import { SEAL_FILE, setAside } from '../files/sealFile';

export interface RestoringSetup {
  ownsLease(): boolean;
  /** Called when the journals are back, so that the run can be read like any unsealed run. */
  restored(runId: string, message: string): void;
  failed(loaded: LoadedRun, message: string): void;
}

export class Restoring {
  private readonly working = new Map<string, Promise<void>>();
  /** Runs whose failure was reported. The next collector or a rebuild tries them again. */
  private readonly gaveUp = new Set<string>();
  private abort = new AbortController();

  constructor(private readonly setup: RestoringSetup) {}

  get isWorking(): boolean {
    return this.working.size > 0;
  }

  /** Does nothing if the run is not lost, cannot be restored, or is being restored already. */
  start(loaded: LoadedRun): void {
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
          const message = `The run’s database ${loaded.store.damage ?? 'was missing'}; it was rebuilt from the packed journals.`;
          this.setup.restored(runId, message);
        },
        (error: unknown) => () => {
          this.gaveUp.add(runId);
          loaded.packed = [];
          if (!existsSync(loaded.dir)) return;
          const reason = messageOf(error);
          this.setup.failed(
            loaded,
            `Run ${runId}: its packed journals could not be unpacked (${reason}). They were left unchanged.`,
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

  /** Aborts work in progress, which can be started again later. */
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
