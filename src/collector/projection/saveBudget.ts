import { workedMs } from './workClock';

/** Saving takes at most a twentieth of the time, however long one save takes. */
const SHARE = 0.05;
const AT_LEAST_MS = 1000;

export class SaveBudget {
  private nextAt: number;

  constructor(
    private readonly now: () => number = () => performance.now(),
    private readonly worked: () => number = workedMs,
  ) {
    this.nextAt = now() + AT_LEAST_MS;
  }

  get allows(): boolean {
    return this.now() >= this.nextAt;
  }

  /** Counts the work of a save: its computing and its waiting for the disk. */
  spend<T>(save: () => T): T {
    const before = this.worked();
    try {
      return save();
    } finally {
      const took = this.worked() - before;
      this.nextAt = Math.max(this.nextAt, this.now()) + Math.max(took * (1 / SHARE - 1), took > 0 ? 1 : 0);
    }
  }
}
