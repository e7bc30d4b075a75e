/** The runs whose databases are in memory: active ones, and those that were requested recently. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SqlJsStatic } from 'sql.js';
import { messageOf } from '../../base/unknown';
import { isActive } from '../../domain/run/lifecycle';
import type { RunRow, Status } from '../../protocol/rows';
import { warn } from '../../domain/run/warnings';
import { RUN_DATABASE } from '../files/runFiles';
import type { FoundRun } from '../journal/runScanner';
import { LoadedRun } from './loadedRun';
import type { SaveBudget } from './saveBudget';

export interface OpenRun {
  readonly loaded: LoadedRun;
  /** True if its row changed since it was put into the catalog. */
  rowDirty: boolean;
  /** Queued, running or lost: more may come at any time. */
  active: boolean;
  row: RunRow | null;
  usedAt: number;
  savedAt: number;
  /** The number of points at the last notice of a change. */
  notifiedPoints: number;
  notifiedStatus: Status | null;
  /** True if the last attempt to save failed and a warning was given. */
  unsaved: boolean;
}

const KEEP_MS = 30_000;
const MAX_IDLE = 48;
/** The shortest time between two saves of an active run. */
const SAVE_EVERY_MS = 5_000;
const SHORT_JOURNALS = 1 << 16;

export class OpenRuns {
  private readonly runs = new Map<string, OpenRun>();

  constructor(
    private readonly sql: SqlJsStatic,
    private readonly readOnly: boolean,
    private readonly budget: SaveBudget,
    private readonly ownsLease: () => boolean,
    private readonly onProblem: (runId: string, message: string) => void,
  ) {}

  get(runId: string): OpenRun | undefined {
    return this.runs.get(runId);
  }

  values(): OpenRun[] {
    return [...this.runs.values()];
  }

  open(found: FoundRun): OpenRun {
    const known = this.runs.get(found.runId);
    if (known) return known;
    const loaded = LoadedRun.open(this.sql, found, this.readOnly);
    const run: OpenRun = {
      loaded,
      rowDirty: true,
      active: true,
      row: null,
      usedAt: 0,
      savedAt: 0,
      notifiedPoints: 0,
      notifiedStatus: null,
      unsaved: false,
    };
    this.runs.set(found.runId, run);
    return run;
  }

  /** Returns its current row. */
  refreshRow(run: OpenRun): RunRow {
    if (run.row && !run.rowDirty) return run.row;
    run.row = run.loaded.row();
    run.rowDirty = false;
    if (run.loaded.lost !== null) run.row = { ...run.row, status: 'failed', error: lostMessage(run.loaded) };
    run.active = isActive(run.row.status);
    return run.row;
  }

  /** Closes without saving, because the journals have what was not saved. */
  close(runId: string): void {
    this.runs.get(runId)?.loaded.close();
    this.runs.delete(runId);
  }

  closeAll(): void {
    for (const runId of [...this.runs.keys()]) this.close(runId);
  }

  /** Saves those that are due, as far as the budget allows. */
  saveDue(): void {
    if (this.readOnly) return;
    const now = performance.now();
    const due = this.values()
      .filter(
        (run) => this.isMissing(run) || (run.loaded.unsaved && (!run.active || now - run.savedAt >= SAVE_EVERY_MS)),
      )
      .sort((a, b) => Number(a.active) - Number(b.active) || a.savedAt - b.savedAt);
    for (const run of due) {
      if (!this.budget.allows) return;
      this.save(run);
    }
  }

  saveAll(): void {
    if (!this.readOnly) for (const run of this.values()) if (this.needsSave(run)) this.save(run);
  }

  /** Closes runs that were unused for a while; if too many are open, the longest unused first, to bound memory. */
  closeIdle(isBusy: (runId: string) => boolean, isWanted: (run: OpenRun) => boolean): void {
    const now = performance.now();
    const idle = this.values()
      .filter((run) => (!run.active && !run.rowDirty) || !run.loaded.exists)
      .filter((run) => !isBusy(run.loaded.runId))
      .sort((a, b) => a.usedAt - b.usedAt);
    idle.forEach((run, i) => {
      const isTooMany = idle.length - i > MAX_IDLE;
      if (!isTooMany && (now - run.usedAt < KEEP_MS || isWanted(run))) return;
      if (!this.readOnly && this.needsSave(run)) {
        if (!isTooMany) return;
        // A short journal is read again faster than a database is saved and loaded.
        if (run.loaded.bytes > SHORT_JOURNALS) this.save(run);
      }
      this.close(run.loaded.runId);
    });
  }

  private needsSave(run: OpenRun): boolean {
    return run.loaded.unsaved || this.isMissing(run);
  }

  /** True if the database was deleted. It is a projection and will be written again. */
  private isMissing({ loaded }: OpenRun): boolean {
    return loaded.exists && loaded.lost === null && !existsSync(join(loaded.dir, RUN_DATABASE));
  }

  private save(run: OpenRun): void {
    const { loaded } = run;
    run.savedAt = performance.now();
    try {
      this.budget.spend(() => loaded.save(this.ownsLease));
      run.unsaved = false;
    } catch (error) {
      // The warning is given once until a save succeeds; saving is retried all the time.
      if (run.unsaved || !existsSync(loaded.dir)) return;
      run.unsaved = true;
      const reason = messageOf(error);
      const message = `The run’s database could not be saved (${reason}). Its journals have everything, and saving will be retried.`;
      warn(loaded.state, 'not_saved', message, { file: RUN_DATABASE });
      loaded.touch();
      run.rowDirty = true;
      this.onProblem(loaded.runId, message);
    }
  }
}

/** The message for a run whose sealed database cannot be read. */
export function lostMessage({ runId, dir, lost, packed }: LoadedRun): string {
  if (packed.length > 0)
    return `The sealed database of run ${runId} ${lost}. It is being rebuilt from its packed journals.`;
  const file = join(dir, RUN_DATABASE);
  return `The sealed database of run ${runId} ${lost}, and its journals were removed when it was sealed. Restore ${file} from a backup; nothing here was changed.`;
}
