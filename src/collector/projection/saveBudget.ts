import { measureWork } from './workClock';

/** The largest share of the time that saving may take, however long one save takes. */
const SHARE = 0.05;
const AT_LEAST_MS = 1000;

export class SaveBudget {
  private nextAt: number;

  constructor(
    private readonly now: () => number = () => performance.now(),
    private readonly measure: () => () => number = measureWork,
  ) {
    this.nextAt = now() + AT_LEAST_MS;
  }

  get allows(): boolean {
    return this.now() >= this.nextAt;
  }

  /** Runs a save and charges its work: computing and waiting for the disk. */
  spend<T>(save: () => T): T {
    const worked = this.measure();
    try {
      return save();
    } finally {
      const took = worked();
      this.nextAt = Math.max(this.nextAt, this.now()) + Math.max(took * (1 / SHARE - 1), took > 0 ? 1 : 0);
    }
  }
}
