/** Summaries of all metrics, recomputed only for keys with new points. */
import type { Summary } from '../../protocol/rows';
import { put } from '../../domain/safeRecord';
import { PointStats } from '../../domain/series/stats';
import { readSegment, segmentsOf, STEP_AXIS, type PointReader, type Segment } from './curveReader';
import type { SeriesFragment } from './seriesFragment';
import type { Curve, CurveAttempt, FragmentIndex } from './fragmentIndex';

export class SummaryBook {
  private readonly stale = new Set<string>();
  private summaries: Record<string, Summary> = {};

  constructor(private readonly index: FragmentIndex) {}

  touch(key: string): void {
    this.stale.add(key);
  }

  all(): Record<string, Summary> {
    if (this.stale.size === 0) return this.summaries;
    // Callers compare this object with the previous one and keep its entries, so both are replaced, not changed.
    this.summaries = { ...this.summaries };
    for (const key of this.stale) put(this.summaries, key, this.summarize(key));
    this.stale.clear();
    return this.summaries;
  }

  private summarize(key: string): Summary {
    const all = new PointStats();
    for (const curve of this.index.curves(key)) all.mergeWorker(curveStats(curve));
    return all.summary();
  }
}

function curveStats(curve: Curve): PointStats {
  const stats = new PointStats();
  segmentsOf(curve, STEP_AXIS).forEach((segment, i) => stats.merge(visibleStats(curve.attempts[i]!, segment)));
  return stats;
}

function visibleStats(attempt: CurveAttempt, segment: Segment): PointStats {
  if (segment.cut <= segment.hi) return trimmedStats(attempt, segment);
  const stats = new PointStats();
  for (const fragment of segment.fragments) stats.merge(fragmentStats(fragment, segment.base));
  return stats;
}

function fragmentStats({ given, ordinal }: SeriesFragment, base: number): PointStats {
  const stats = new PointStats();
  stats.merge(given);
  stats.mergeWorker(ordinal, base);
  return stats;
}

/** Reads the attempt's points up to the cut, and again only if it grows after it was cut off, which is rare. */
function trimmedStats(attempt: CurveAttempt, segment: Segment): PointStats {
  const { cut, base } = segment;
  const count = attempt.fragments.reduce((sum, fragment) => sum + fragment.count, 0);
  const known = attempt.trimmed;
  if (known && known.cut === cut && known.base === base && known.count === count) return known.stats;
  const stats = new PointStats();
  const reader: PointReader = {
    chunk: (chunk) => {
      stats.merge(chunk.given);
      stats.merge(chunk.ordinal, base);
      return true;
    },
    points: (run) => {
      const values = run.values();
      const ts = run.ts();
      for (let i = run.from; i < run.to; i++) stats.add(run.x(i), values[i]!, ts[i]!);
    },
  };
  readSegment(segment, STEP_AXIS, -Infinity, Infinity, reader);
  attempt.trimmed = { cut, base, count, stats };
  return stats;
}
