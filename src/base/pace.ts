/** Runs a callback at most once per interval: at once after a quiet period, else as soon as the interval has passed. */
export class Pace {
  private timer: ReturnType<typeof setTimeout> | null = null;
  private last = -Infinity;

  constructor(
    private readonly everyMs: number,
    private readonly run: () => void,
  ) {}

  get isDue(): boolean {
    return this.timer !== null;
  }

  soon(): void {
    const wait = Math.max(0, Math.ceil(this.last + this.everyMs - performance.now()));
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.last = performance.now();
      this.run();
    }, wait);
  }

  /** Drops the call that is due. */
  cancel(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}
