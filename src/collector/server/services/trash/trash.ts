/**
 * Purges runs. A run's directory is first renamed, in place, to a name that no run can have. From then on the run is gone
 * for every reader, and if the collector is killed, the next one removes the rest.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { english } from '../../../../base/texts';
import type { Params } from '../../../../protocol/api';
import { hasCode, userError } from '../../../../protocol/apiError';
import type { Json } from '../../../../protocol/events';
import type { Task } from '../../../../protocol/rows';
import { diskBytes } from '../../../files/diskBytes';
import type { StartTask, TaskContext } from '../../longTask';
import { writableRuns } from '../../runAccess';
import type { Service } from '../../service';
import type { ServiceContext } from '../../serviceContext';

const LEAVING = '.deleting-';

export class Trash implements Service {
  readonly name = 'trash';
  readonly methods = { 'runs.purge': (request: Params<'runs.purge'>) => this.purgeAsTask(request) };

  constructor(
    private readonly context: Pick<ServiceContext, 'ask' | 'follower' | 'log' | 'runs'>,
    private readonly startTask: StartTask,
  ) {}

  /** Removes directories that an earlier collector did not finish deleting. */
  async start(): Promise<void> {
    const { root } = this.context.runs;
    for (const entry of readdirSync(root, { withFileTypes: true })) {
      if (!entry.isDirectory() || !entry.name.startsWith(LEAVING)) continue;
      await rm(join(root, entry.name), { recursive: true, force: true }).catch((error: unknown) =>
        this.context.log(
          `What is left of a deleted run, ${join(root, entry.name)}, cannot be removed: ${String(error)}`,
        ),
      );
    }
  }

  private purgeAsTask({ run_ids, wait }: Params<'runs.purge'>): Task | Promise<Task> {
    const ids = writableRuns(this.context, run_ids);
    return this.startTask(english`Deleting for good`, (task) => this.purge(ids, task), wait);
  }

  /** Purges runs in the trash; `refused` lists those that were not deleted, and why. */
  async purge(runIds: string[], task?: TaskContext): Promise<{ deleted: string[]; bytes: number; refused: Json }> {
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
      if (deleted.length > 0) await this.context.ask('removed', {});
    }
    task?.progress(runIds.length, runIds.length, english`Deleted ${deleted.length} runs`);
    return { deleted, bytes, refused };
  }

  private async whyNot(run_id: string): Promise<string | null> {
    try {
      return await this.context.ask('purgeable', { run_id });
    } catch (error) {
      if (hasCode(error, 'not_found')) return error.message;
      throw error;
    }
  }

  private async remove(runId: string): Promise<number> {
    const { runs } = this.context;
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
      this.context.log(`Files of the deleted run ${runId} are left in ${leaving}: ${String(error)}`),
    );
    return bytes;
  }
}
