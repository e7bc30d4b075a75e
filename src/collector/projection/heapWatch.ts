/**
 * sql.js never returns memory to the system, so the store's thread is restarted after a large run was open. That happens
 * only when it would free enough memory and no request is waiting.
 */
export interface HeapSetup {
  /** RSS of the whole process, in bytes, below which nothing is done. */
  limit: number;
  rss(): number;
  /** Bytes that the open databases take. */
  needed(): number;
  now(): number;
}

/** The time without requests after which a restart disturbs no reader. */
const QUIET_MS = 3_000;
/** The time after which the memory that a warm thread takes is known. */
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

  /** Called each second while nothing is being read. */
  isTooMuch(): boolean {
    const { limit, rss, needed, now } = this.setup;
    const bytes = rss();
    if (now() - this.startedAt < SETTLED_MS) this.least = Math.min(this.least, bytes);
    if (bytes < limit || now() - this.requestedAt < QUIET_MS || now() - this.startedAt < SETTLED_MS) return false;
    // A new thread would soon take as much as this one did when it was new, so restarting would gain nothing.
    return bytes > this.least * 1.5 && needed() < bytes / 3;
  }
}
