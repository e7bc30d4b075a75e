/**
 * Recovery plans say which runs are resumed when they fail. They are kept where only this user can write, never in the
 * workspace, because a journal, which may be forged, must not start a process.
 */
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Launch } from '../../../../protocol/events';
import { isId } from '../../../../protocol/ids';
import { putFile, readRegularFile } from '../../../files/safeFile';

/** Enough for any environment and arguments that a system accepts. */
const MAX_BYTES = 16 * 2 ** 20;

export class RecoveryPlans {
  private readonly plans = new Map<string, Launch>();

  constructor(
    private readonly folder: string,
    private readonly log: (message: string) => void,
  ) {}

  /** Reads the plans of earlier collectors. */
  load(): Launch[] {
    const stat = lstatSync(this.folder, { throwIfNoEntry: false });
    if (!stat?.isDirectory()) return [];
    for (const name of readdirSync(this.folder).filter((each) => each.endsWith('.json'))) {
      try {
        const plan = JSON.parse(readRegularFile(join(this.folder, name), MAX_BYTES).toString()) as Launch;
        if (isId(plan.run_id) && Array.isArray(plan.argv) && plan.recovery) this.plans.set(plan.run_id, plan);
      } catch (error) {
        this.log(`The recovery plan ${name} cannot be read: ${String(error)}`);
      }
    }
    return [...this.plans.values()];
  }

  get(runId: string): Launch | undefined {
    return this.plans.get(runId);
  }

  put(plan: Launch): void {
    this.plans.set(plan.run_id, plan);
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      putFile(this.pathOf(plan.run_id), Buffer.from(JSON.stringify(plan)), () => true);
    } catch (error) {
      this.log(
        `The recovery plan of run ${plan.run_id} cannot be saved and ends with this collector: ${String(error)}`,
      );
    }
  }

  remove(runId: string): void {
    if (this.plans.delete(runId)) rmSync(this.pathOf(runId), { force: true });
  }

  private pathOf(runId: string): string {
    return join(this.folder, `${runId}.json`);
  }
}
