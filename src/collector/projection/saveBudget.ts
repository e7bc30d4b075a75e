/** Saving takes at most a twentieth of the time, however long one save takes. */
const SHARE = 0.05;
const AT_LEAST_MS = 1000;

export class SaveBudget {
  private nextAt: number;

  constructor(private readonly now: () => number = () => performance.now()) {
    this.nextAt = now() + AT_LEAST_MS;
  }

  get allows(): boolean {
    return this.now() >= this.nextAt;
  }

  /** Counts the time that a save takes. */
  spend<T>(save: () => T): T {
    const began = this.now();
    try {
      return save();
    } finally {
      const ended = this.now();
      const took = ended - began;
      this.nextAt = Math.max(this.nextAt, ended) + Math.max(took * (1 / SHARE - 1), took > 0 ? 1 : 0);
    }
  }
}
