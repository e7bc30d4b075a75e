/** Remembers what was sent of each series, so that a request with `since` gets only what is new. */
import { SERIES_COLUMNS } from '../../protocol/rows';
import type { SeriesRequest } from '../../protocol/api';

export interface SentSnapshot {
  rev: number;
  /** Exponent of the bucket width; null if every point was sent. */
  k: number | null;
  /** For each attempt, the number of points of each of its fragments. */
  fragments: { base: number; counts: number[] }[];
}

export interface Question {
  request: SeriesRequest;
  worker: string;
  key: string;
  startedMs: number;
  axis: string;
}

const KEPT = 4096;

export class SentSnapshots {
  /** Snapshots in order of use. */
  private readonly snapshots = new Map<string, SentSnapshot>();

  take(question: Question, rev: number): SentSnapshot | null {
    return this.snapshots.get(nameOf(question, rev)) ?? null;
  }

  keep(question: Question, snapshot: SentSnapshot): void {
    const name = nameOf(question, snapshot.rev);
    this.snapshots.delete(name);
    this.snapshots.set(name, snapshot);
    if (this.snapshots.size <= KEPT) return;
    for (const oldest of this.snapshots.keys()) {
      this.snapshots.delete(oldest);
      return;
    }
  }
}

function nameOf({ request, worker, key, startedMs, axis }: Question, rev: number): string {
  const { x, from, to, points } = request;
  const columns = request.columns && SERIES_COLUMNS.filter((column) => request.columns?.includes(column));
  return JSON.stringify([rev, worker, key, x, axis, startedMs, from ?? null, to ?? null, points, columns ?? null]);
}
