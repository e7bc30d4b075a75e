/** Estimates the time left from recent progress: for a resumed run, an average since its start would be wrong. */
import type { Progress } from '../../src/protocol/rows';

interface Sample {
  at: number;
  cur: number;
}

export interface Pace {
  /** Of the progress' unit, per second. */
  rate: number;
  /** Seconds. */
  left: number;
}

const WINDOW_MS = 60_000;

export class Eta {
  private samples: Sample[] = [];

  /** Null when unknown. `started` (epoch ms) is given for a first attempt. */
  update(progress: Progress | null, now: number, started: number | null): Pace | null {
    if (progress === null || progress.total === null || progress.cur >= progress.total) {
      this.samples = [];
      return null;
    }
    const last = this.samples[this.samples.length - 1];
    if (last !== undefined && progress.cur < last.cur) this.samples = [];
    if (last?.cur !== progress.cur) this.samples.push({ at: now, cur: progress.cur });
    while (this.samples.length > 2 && now - this.samples[1]!.at > WINDOW_MS) this.samples.shift();
    const rate = this.rate(now, started, progress.cur);
    return rate > 0 ? { rate, left: (progress.total - progress.cur) / rate } : null;
  }

  /** Per second. */
  private rate(now: number, started: number | null, cur: number): number {
    const first = this.samples[0]!;
    const last = this.samples[this.samples.length - 1]!;
    if (this.samples.length >= 3) return (last.cur - first.cur) / Math.max(0.001, (last.at - first.at) / 1000);
    return started === null ? 0 : cur / Math.max(0.001, (now - started) / 1000);
  }
}
