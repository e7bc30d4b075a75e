/**
 * Arranges a run's fragments: worker and key make a curve, a curve has attempts, an attempt has one fragment per
 * writer.
 */
import type { PointStats } from '../../domain/series/stats';
import type { SeriesFragment, FragmentIdentity } from './seriesFragment';

export interface CurveAttempt {
  attempt: number;
  /** Sorted by writer id, so that points of equal x are merged the same in whatever order journals are read. */
  fragments: SeriesFragment[];
  /**
   * Statistics of the visible part of an attempt that a later one cuts off; valid while `cut`, `base` and `count`
   * match.
   */
  trimmed: { cut: number; base: number; count: number; stats: PointStats } | null;
}

export interface Curve {
  key: string;
  worker: string;
  attempts: CurveAttempt[];
}

type FragmentWriter = Pick<FragmentIdentity, 'writer' | 'worker' | 'attempt'>;

const NONE: readonly SeriesFragment[] = [];
const byNumber = new Intl.Collator('en', { numeric: true });

export class FragmentIndex {
  private readonly byWriter = new Map<string, Map<string, SeriesFragment[]>>();
  private readonly byKey = new Map<string, Curve[]>();
  readonly fragments: SeriesFragment[] = [];

  /** A writer's id may be ambiguous: some clients keep it over attempts or share it between workers. */
  find({ writer, worker, attempt }: FragmentWriter, key: string): SeriesFragment | undefined {
    for (const fragment of this.byWriter.get(writer)?.get(key) ?? NONE)
      if (fragment.identity.attempt === attempt && fragment.identity.worker === worker) return fragment;
    return undefined;
  }

  add(fragment: SeriesFragment): void {
    const { writer, worker, attempt, key } = fragment.identity;
    const ofWriter = getOrAdd(this.byWriter, writer, () => new Map<string, SeriesFragment[]>());
    getOrAdd(ofWriter, key, () => []).push(fragment);
    this.fragments.push(fragment);
    const curves = getOrAdd(this.byKey, key, () => []);
    const curve = findOrAdd(curves, (one) => one.worker === worker, { key, worker, attempts: [] });
    curves.sort((a, b) => byNumber.compare(a.worker, b.worker) || (a.worker < b.worker ? -1 : 1));
    const part = findOrAdd(curve.attempts, (one) => one.attempt === attempt, { attempt, fragments: [], trimmed: null });
    curve.attempts.sort((a, b) => a.attempt - b.attempt);
    part.fragments.push(fragment);
    part.fragments.sort((a, b) => (a.identity.writer < b.identity.writer ? -1 : 1));
  }

  keys(): string[] {
    return [...this.byKey.keys()];
  }

  /** The curves of a key, one per worker, in the order of the workers' names. */
  curves(key: string): readonly Curve[] {
    return this.byKey.get(key) ?? [];
  }
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

function findOrAdd<T>(list: T[], matches: (item: T) => boolean, fresh: T): T {
  const found = list.find(matches);
  if (found) return found;
  list.push(fresh);
  return fresh;
}
