/** What is due happens at once after a while of silence, else when the last time is long enough ago: never more often. */
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

  /** What is due does not happen. */
  cancel(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}
