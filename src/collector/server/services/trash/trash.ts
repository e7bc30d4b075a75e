/**
 * Deleting for good. A run's directory is renamed first, in place, to a name that is no run's: from then on it is gone for
 * everybody, and what a killed collector left of it is removed by the next one.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { english, type Text } from '../../../../base/texts';
import { ApiError, userError } from '../../../../protocol/apiError';
import type { Json } from '../../../../protocol/events';
import { diskBytes } from '../../../files/diskBytes';
import type { RunDirectories } from '../../../files/runDirectory';
import type { WorkerMethod, WorkerMethods } from '../../../contract/workerApi';

const LEAVING = '.deleting-';

export interface TrashPorts {
  runs: RunDirectories;
  call<M extends WorkerMethod>(method: M, params: WorkerMethods[M][0]): Promise<WorkerMethods[M][1]>;
  log(message: string): void;
}

export interface Progress {
  signal: AbortSignal;
  progress(done: number, total: number | null, text: Text): void;
}

export class Trash {
  constructor(private readonly ports: TrashPorts) {}

  /** What an earlier collector did not get to. */
  async removeLeftOvers(): Promise<void> {
    const { root } = this.ports.runs;
    for (const entry of readdirSync(root, { withFileTypes: true })) {
      if (!entry.isDirectory() || !entry.name.startsWith(LEAVING)) continue;
      await rm(join(root, entry.name), { recursive: true, force: true }).catch((error: unknown) =>
        this.ports.log(`What is left of a deleted run, ${join(root, entry.name)}, cannot be removed: ${String(error)}`),
      );
    }
  }

  /** `deleted`: for good; `refused`: why not. */
  async purge(runIds: string[], task?: Progress): Promise<{ deleted: string[]; bytes: number; refused: Json }> {
    const deleted: string[] = [];
    const refused: { run_id: string; reason: string }[] = [];
    let bytes = 0;
    try {
      for (const [at, run_id] of runIds.entries()) {
        task?.signal.throwIfAborted();
        task?.progress(at, runIds.length, english`Deleting ${run_id}`);
        const reason = await this.whyNot(run_id);
        if (reason !== null) refused.push({ run_id, reason });
        else {
          bytes += await this.remove(run_id);
          deleted.push(run_id);
        }
      }
    } finally {
      if (deleted.length > 0) await this.ports.call('removed', {});
    }
    task?.progress(runIds.length, runIds.length, english`Deleted ${deleted.length} runs`);
    return { deleted, bytes, refused };
  }

  private async whyNot(run_id: string): Promise<string | null> {
    try {
      return await this.ports.call('purgeable', { run_id });
    } catch (error) {
      if (error instanceof ApiError && error.data.code === 'not_found') return error.message;
      throw error;
    }
  }

  private async remove(runId: string): Promise<number> {
    const { runs } = this.ports;
    const dir = runs.find(runId);
    if (dir === null) return 0;
    const bytes = diskBytes(dir);
    const leaving = join(runs.root, `${LEAVING}${runId.slice(0, 100)}-${randomBytes(4).toString('hex')}`);
    try {
      await rename(dir, leaving);
    } catch (error) {
      throw userError('io', english`${dir} cannot be deleted: ${(error as Error).message}`);
    }
    await rm(leaving, { recursive: true, force: true }).catch((error: unknown) =>
      this.ports.log(`Of run ${runId}, which is deleted, something is left in ${leaving}: ${String(error)}`),
    );
    return bytes;
  }
}
