/**
 * Disk usage of each run. Counting has to stat every file, which is slow on a network disk, so only a few runs are counted
 * at a time, and the results are kept in the catalog.
 */
import { join } from 'node:path';
import { diskBytes } from '../files/diskBytes';
import { listRuns } from '../journal/runScanner';
import type { OpenRuns } from './openRuns';
import type { Catalog } from '../store/catalog';

interface Counted {
  at: number;
  /** The time when its logged files were counted, and their number. */
  filesAt: number;
  files: number;
}

/** The time after which a run that changed is counted again. */
const AGAIN_MS = 5_000;
/** The time after which its checkpoints and artifacts are counted again if none is new. */
const FILES_AGAIN_MS = 60_000;
/** The time after which all runs are counted again, because files may change without notice. */
const ROUND_MS = 120_000;
const FRESH_MS = 10_000;

export class RunSizes {
  private readonly counted = new Map<string, Counted>();
  private readonly changed = new Set<string>();
  private round: string[] = [];
  private roundAt = -Infinity;

  constructor(
    private readonly root: string,
    private readonly runs: OpenRuns,
    private readonly catalog: () => Catalog,
  ) {}

  /** Called when the run grew or is new. */
  touch(runId: string): void {
    this.changed.add(runId);
  }

  /** Called when the catalog was replaced. */
  recountAll(): void {
    this.counted.clear();
    this.roundAt = -Infinity;
  }

  forget(runId: string): void {
    this.counted.delete(runId);
    this.changed.delete(runId);
  }

  /** Counts runs that are due, for about `ms` milliseconds. */
  work(ms: number): void {
    const now = performance.now();
    if (this.round.length === 0 && now - this.roundAt > ROUND_MS) this.startRound();
    for (const runId of this.changed) {
      if (performance.now() - now > ms) return;
      if (now - (this.counted.get(runId)?.at ?? -Infinity) < AGAIN_MS) continue;
      this.count(runId);
    }
    while (this.round.length > 0 && performance.now() - now < ms) this.count(this.round.pop()!);
  }

  /** Counts all runs, for at most `limitMs`. Returns false if that was not enough. */
  async all(limitMs: number, sliceMs: number): Promise<boolean> {
    const until = performance.now() + limitMs;
    if (this.round.length === 0 && performance.now() - this.roundAt > FRESH_MS) this.startRound();
    while (this.isBehind && performance.now() < until) {
      this.work(sliceMs);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return !this.isBehind;
  }

  private get isBehind(): boolean {
    return this.round.length > 0 || [...this.changed].some((runId) => !this.counted.has(runId));
  }

  private startRound(): void {
    this.roundAt = performance.now();
    this.round = listRuns(this.root).map(({ runId }) => runId);
  }

  private count(runId: string): void {
    this.changed.delete(runId);
    const now = performance.now();
    const before = this.counted.get(runId);
    const entry: Counted = { at: now, filesAt: before?.filesAt ?? -Infinity, files: before?.files ?? -1 };
    let filesSize: number | undefined;
    const loaded = this.runs.get(runId)?.loaded;
    if (loaded) {
      const files = loaded.state.checkpoints.length + loaded.state.artifacts.length;
      if (files !== entry.files || now - entry.filesAt > FILES_AGAIN_MS) {
        filesSize = loaded.files.bytes();
        Object.assign(entry, { filesAt: now, files });
      }
    }
    const isListed = this.catalog().setSize(runId, diskBytes(join(this.root, runId)), filesSize);
    if (isListed) this.counted.set(runId, entry);
  }
}
