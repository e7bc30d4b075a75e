/** Disk usage, runs that are old enough to be trashed or purged, and whether a run may be purged. */
import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { RunState } from '../../domain/run/state';
import { isAlive, isOver } from '../../domain/run/lifecycle';
import { deriveStatus, isImported, isScript } from '../../domain/run/status';
import { isKept, trashedAt } from '../../domain/run/trash';
import type { DiskUsage } from '../../protocol/rows';
import { diskBytes } from '../files/diskBytes';
import { RUN_DATABASE } from '../files/runFiles';
import { listJournals } from '../journal/runScanner';
import type { RunSizes } from './runSizes';
import type { LoadedRun } from './loadedRun';
import type { Catalog } from '../store/catalog';
import type { Expiry } from '../contract/workerApi';

interface HousekeepingSetup {
  /** The `.xtrack` directory. */
  dir: string;
  catalog(): Catalog;
  sizes: RunSizes;
  /** The run with its current state; rejects with not_found. */
  loadedRunOf(runId: string): Promise<LoadedRun>;
}

const COUNT_SLICE_MS = 15;
const COUNT_WAIT_MS = 2_000;
/** A lost run that was silent for this long is taken to be dead. */
const LOST_FOR_GOOD_MS = 24 * 3600_000;

export class Housekeeping {
  constructor(private readonly setup: HousekeepingSetup) {}

  async diskUsage(): Promise<DiskUsage> {
    const { dir, catalog, sizes } = this.setup;
    const complete = await sizes.all(COUNT_WAIT_MS, COUNT_SLICE_MS);
    const { runs, size, files_size } = catalog().usage(false);
    const trash = catalog().usage(true);
    const others = readdirSync(dir).filter((name) => name !== 'runs');
    return {
      runs,
      size,
      files_size,
      trash: { runs: trash.runs, size: trash.size },
      other: others.reduce((sum, name) => sum + diskBytes(join(dir, name)), 0),
      complete,
    };
  }

  /** Checks the runs themselves, because their rows in the catalog may be out of date. */
  async expired({ endedBefore, trashedBefore, limit }: Expiry): Promise<{ runs: string[]; trash: string[] }> {
    const catalog = this.setup.catalog();
    const trash = trashedBefore === null ? [] : catalog.trashedBefore(trashedBefore, limit);
    const runs: string[] = [];
    for (const runId of endedBefore === null ? [] : catalog.endedBefore(endedBefore, limit)) {
      const { state, dir } = await this.setup.loadedRunOf(runId);
      const { status, ended, started } = deriveStatus(state);
      // The times of an imported run are its source's, and it is not to be gone as soon as it came.
      const arrived = state.origin ? modifiedAt(dir) : 0;
      const isOld = Math.max(ended ?? 0, started ?? 0, state.created, arrived) < endedBefore!;
      if (isOver(status) && isOld && !isKept(state) && trashedAt(state) === null) runs.push(runId);
    }
    return { runs, trash };
  }

  /** The reason why a run may not be purged; null if it may. */
  async purgeable(runId: string): Promise<string | null> {
    const loaded = await this.setup.loadedRunOf(runId);
    const { state } = loaded;
    const { status, attempt } = deriveStatus(state);
    const { name } = loaded.row();
    if (trashedAt(state) === null) return `${name} is not in the trash. Move it there first.`;
    if (isImported(state, attempt)) return null;
    if (isAlive(status)) return `${name} is still active (${whereOf(state)}). Stop it, then delete it.`;
    if (status === 'lost' && Date.now() - lastEventAt(state) < LOST_FOR_GOOD_MS)
      return `${name} was lost recently and may still be writing (${whereOf(state)}). Stop it there, or delete it in a day.`;
    return null;
  }
}

/** When the run's journals or, once it is sealed, its database last changed, epoch ms. */
function modifiedAt(dir: string): number {
  const times = listJournals(dir).map(({ stats }) => stats.mtimeMs);
  return Math.max(lstatSync(join(dir, RUN_DATABASE), { throwIfNoEntry: false })?.mtimeMs ?? 0, ...times);
}

function whereOf({ writers }: RunState): string {
  const open = Object.values(writers).filter((writer) => writer.end === null && writer.proc && isScript(writer));
  const { proc } = open.at(-1) ?? { proc: null };
  return proc ? `process ${proc.pid} on ${proc.host}` : 'process unknown';
}

/** Time of the last event, epoch ms. */
function lastEventAt({ writers }: RunState): number {
  return Math.max(0, ...Object.values(writers).map(({ last }) => last ?? 0));
}
