/**
 * sql.js never gives memory back: after a large run was open, the store's thread is to be begun anew. Only when that
 * brings something, and when nobody waits for it.
 */
export interface HeapSetup {
  /** Bytes of the whole process above which it is worth looking at. */
  limit: number;
  rss(): number;
  /** Bytes that what is open now takes. */
  needed(): number;
  now(): number;
}

/** Nobody asked for anything for that long. */
const QUIET_MS = 3_000;
/** What a thread takes once it is warm is known by then. */
const SETTLED_MS = 15_000;

export class HeapWatch {
  private requestedAt: number;
  private readonly startedAt: number;
  private least = Infinity;

  constructor(private readonly setup: HeapSetup) {
    this.requestedAt = this.startedAt = setup.now();
  }

  noteRequest(): void {
    this.requestedAt = this.setup.now();
  }

  /** Each second, while nothing is being read. */
  isTooMuch(): boolean {
    const { limit, rss, needed, now } = this.setup;
    const bytes = rss();
    if (now() - this.startedAt < SETTLED_MS) this.least = Math.min(this.least, bytes);
    if (bytes < limit || now() - this.requestedAt < QUIET_MS || now() - this.startedAt < SETTLED_MS) return false;
    // A new thread would take as much as this one did when it was new: going round in circles helps nobody.
    return bytes > this.least * 1.5 && needed() < bytes / 3;
  }
}
