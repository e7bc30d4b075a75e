/**
 * Records when each writer last grew or touched its journal (the heartbeat), on the monotonic clock. After this machine
 * slept, every writer gets the full time again, because none could be heard.
 */
export const SILENT_AFTER_MS = 30_000;
/** The longer limit applies on network disks, where writes of other machines show late. */
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

  /** Starts to track a journal that was last written `ageMs` ago. */
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

  /** Called every `tickMs`. Returns true if it came so late that the machine must have slept. */
  tick(): boolean {
    const now = this.now();
    const slept = now - this.lastTick > this.tickMs + LATE_TICK_MS;
    this.lastTick = now;
    if (slept) for (const id of this.heard.keys()) this.heard.set(id, now);
    return slept;
  }
}
