/**
 * When a writer was last heard of, on the monotonic clock: growth or a touch of its journal (the heartbeat). After the
 * collector's own sleep everybody gets their time again: nobody could be heard.
 */
export const SILENT_AFTER_MS = 30_000;
/** On disks that show late what other machines write. */
export const SILENT_AFTER_MS_FAR = 90_000;
const LATE_TICK_MS = 10_000;

export class SignsOfLife {
  private readonly heard = new Map<string, number>();
  private lastTick: number;

  constructor(
    private readonly now: () => number,
    private readonly tickMs: number,
    private readonly silentAfterMs = SILENT_AFTER_MS,
  ) {
    this.lastTick = now();
  }

  /** A journal is known from now on; `ageMs` ago it was last written. */
  add(id: string, ageMs: number): void {
    if (!this.heard.has(id)) this.heard.set(id, this.now() - Math.max(0, ageMs));
  }

  hear(id: string): void {
    this.heard.set(id, this.now());
  }

  forget(id: string): void {
    this.heard.delete(id);
  }

  isSilent(id: string): boolean {
    const heard = this.heard.get(id);
    return heard === undefined || this.now() - heard > this.silentAfterMs;
  }

  /** Once every `tickMs`. True when it came so late that we must have slept. */
  tick(): boolean {
    const now = this.now();
    const slept = now - this.lastTick > this.tickMs + LATE_TICK_MS;
    this.lastTick = now;
    if (slept) for (const id of this.heard.keys()) this.heard.set(id, now);
    return slept;
  }
}
