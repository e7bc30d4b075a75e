/** The catalog, kept up with the runs that are open: their rows when they changed, its file every few seconds. */
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
  /** The run is being read: its row is not the last word. */
  isBusy(runId: string): boolean;
  /** The run's row is in the catalog, as it is now. */
  entered(run: OpenRun, row: RunRow): void;
  problem(message: string): void;
}

const SAVE_EVERY_MS = 5000;
/** Bytes that are read before anybody waits for them. */
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

  /** Without what was in it, in memory and on disk. */
  renew(): void {
    this.open.close();
    rmSync(this.setup.file, { force: true });
    this.open = this.load();
  }

  put(run: OpenRun): void {
    const { loaded } = run;
    if (!run.rowDirty || !loaded.exists || this.isTooEarly(run)) return;
    const row = this.setup.runs.refreshRow(run);
    // Of a run that cannot be read any more, as much as the catalog knows.
    const known = loaded.lost === null ? null : this.open.get(loaded.runId);
    this.open.put(known ? { ...known, error: row.error } : row, {
      // Only what was read to its end may be believed at the next start.
      journals: this.setup.isBusy(loaded.runId) ? '' : loaded.signature,
      trashed: trashedAt(loaded.state),
      kept: isKept(loaded.state),
    });
    this.setup.entered(run, row);
  }

  putAll(): void {
    for (const run of this.setup.runs.values()) this.put(run);
  }

  /** When it is time to. */
  saveDue(): void {
    const isDue = this.open.dirty && performance.now() - this.savedAt >= SAVE_EVERY_MS;
    if (this.setup.budget.allows && (isDue || !existsSync(this.setup.file))) this.save();
  }

  /** What is not saved yet. */
  saveNow(): void {
    if (this.open.dirty || !existsSync(this.setup.file)) this.save();
  }

  close(): void {
    this.open.close();
  }

  private load(): Catalog {
    const { sql, file, readOnly, problem } = this.setup;
    const catalog = Catalog.open(sql, file, { readOnly });
    if (catalog.damage !== null) problem(`The catalog ${catalog.damage}; it is made again from the runs.`);
    return catalog;
  }

  private save(): void {
    const { budget, ownsLease, problem } = this.setup;
    this.savedAt = performance.now();
    try {
      budget.spend(() => this.open.save(ownsLease));
    } catch (error) {
      const reason = messageOf(error);
      problem(`The catalog could not be saved (${reason}). It will be made again.`);
    }
  }

  /** A run that is about to be read for the first time would show as something that it never was. */
  private isTooEarly({ loaded }: OpenRun): boolean {
    if (!this.setup.isBusy(loaded.runId) || this.open.get(loaded.runId) !== null) return false;
    return loaded.unread < SOON_READ || Object.keys(loaded.state.writers).length === 0;
  }
}
