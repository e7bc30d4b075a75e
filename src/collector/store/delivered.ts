/** What was answered to which question, so that somebody who asks again for what came `since` gets only that. */
import type { SeriesRequest } from '../../protocol/api';

export interface Delivery {
  rev: number;
  /** Exponent of the bucket width; null when every point was sent. */
  k: number | null;
  /** Of each attempt, how many points each of its pieces had. */
  pieces: { base: number; counts: number[] }[];
}

export interface Question {
  request: SeriesRequest;
  worker: string;
  key: string;
  startedMs: number;
  axis: string;
}

const KEPT = 4096;

export class Delivered {
  /** In order of use. */
  private readonly deliveries = new Map<string, Delivery>();

  take(question: Question, rev: number): Delivery | null {
    return this.deliveries.get(nameOf(question, rev)) ?? null;
  }

  keep(question: Question, delivery: Delivery): void {
    const name = nameOf(question, delivery.rev);
    this.deliveries.delete(name);
    this.deliveries.set(name, delivery);
    if (this.deliveries.size <= KEPT) return;
    for (const oldest of this.deliveries.keys()) {
      this.deliveries.delete(oldest);
      return;
    }
  }
}

function nameOf({ request, worker, key, startedMs, axis }: Question, rev: number): string {
  const { x, from, to, points, columns } = request;
  return JSON.stringify([rev, worker, key, x, axis, startedMs, from ?? null, to ?? null, points, columns ?? null]);
}
