/** Keeps the catalog up to date: the rows of open runs when they change, its file every few seconds. */
import { existsSync, rmSync } from 'node:fs';
import type { SqlJsStatic } from 'sql.js';
import { messageOf } from '../../base/unknown';
import { isKept, trashedAt } from '../../domain/run/trash';
import type { RunRow } from '../../protocol/rows';
import type { OpenRun, OpenRuns } from './openRuns';
import type { SaveBudget } from './saveBudget';
import { Catalog } from '../store/catalog';

interface CatalogKeeping {
  sql: SqlJsStatic;
  file: string;
  readOnly: boolean;
  budget: SaveBudget;
  runs: OpenRuns;
  ownsLease(): boolean;
  /** True while the run is being read, when its row is still incomplete. */
  isBusy(runId: string): boolean;
  /** Called when the run's current row has been put into the catalog. */
  entered(run: OpenRun, row: RunRow): void;
  problem(message: string): void;
}

const SAVE_EVERY_MS = 5000;
/** A backlog smaller than this is read so soon that the run need not be listed before. */
const SOON_READ = 1 << 20;

export class CatalogKeeper {
  private open: Catalog;
  private savedAt = 0;

  constructor(private readonly setup: CatalogKeeping) {
    this.open = this.load();
  }

  get catalog(): Catalog {
    return this.open;
  }

  /** Starts again with an empty catalog, in memory and on disk. */
  renew(): void {
    this.open.close();
    rmSync(this.setup.file, { force: true });
    this.open = this.load();
  }

  put(run: OpenRun): void {
    const { loaded } = run;
    if (!run.rowDirty || !loaded.exists || this.isTooEarly(run)) return;
    const row = this.setup.runs.refreshRow(run);
    // A run that can no longer be read keeps the row that the catalog has.
    const known = loaded.lost === null ? null : this.open.get(loaded.runId);
    this.open.put(known ? { ...known, error: row.error } : row, {
      // The next start may trust this row only if the run was read completely.
      journals: this.setup.isBusy(loaded.runId) ? '' : loaded.signature,
      trashed: trashedAt(loaded.state),
      kept: isKept(loaded.state),
    });
    this.setup.entered(run, row);
  }

  putAll(): void {
    for (const run of this.setup.runs.values()) this.put(run);
  }

  /** Saves if the save interval has elapsed. */
  saveDue(): void {
    const isDue = this.open.dirty && performance.now() - this.savedAt >= SAVE_EVERY_MS;
    if (this.setup.budget.allows && (isDue || !existsSync(this.setup.file))) this.save();
  }

  /** Saves unless everything is saved already. */
  saveNow(): void {
    if (this.open.dirty || !existsSync(this.setup.file)) this.save();
  }

  close(): void {
    this.open.close();
  }

  private load(): Catalog {
    const { sql, file, readOnly, problem } = this.setup;
    const catalog = Catalog.open(sql, file, { readOnly });
    if (catalog.damage !== null) problem(`The catalog ${catalog.damage}; it will be rebuilt from the runs.`);
    return catalog;
  }

  private save(): void {
    const { budget, ownsLease, problem } = this.setup;
    this.savedAt = performance.now();
    try {
      budget.spend(() => this.open.save(ownsLease));
    } catch (error) {
      const reason = messageOf(error);
      problem(`The catalog could not be saved (${reason}). It will be rebuilt.`);
    }
  }

  /** A row made before the first events are read would show a state that the run never had. */
  private isTooEarly({ loaded }: OpenRun): boolean {
    if (!this.setup.isBusy(loaded.runId) || this.open.get(loaded.runId) !== null) return false;
    return loaded.unread < SOON_READ || Object.keys(loaded.state.writers).length === 0;
  }
}
