/** Statistics of points on the step axis that are updated point by point and can be merged afterwards. */
import type { Summary } from '../../protocol/rows';
import { toNum } from './buckets';

export class PointStats {
  n = 0;
  nan = 0;
  inf = 0;
  sum = 0;
  /** Extremes of the finite values; among equal ones, the one with the smallest x. */
  min = Infinity;
  minX = Infinity;
  max = -Infinity;
  maxX = Infinity;
  firstX = Infinity;
  lastX = -Infinity;
  last = NaN;
  lastTs = -Infinity;

  add(x: number, value: number, ts: number): void {
    this.n++;
    if (x < this.firstX) this.firstX = x;
    if (x >= this.lastX) {
      this.lastX = x;
      this.last = value;
      this.lastTs = ts;
    }
    if (value - value !== 0) {
      if (value !== value) this.nan++;
      else this.inf++;
      return;
    }
    this.sum += value;
    if (value < this.min || (value === this.min && x < this.minX)) {
      this.min = value;
      this.minX = x;
    }
    if (value > this.max || (value === this.max && x < this.maxX)) {
      this.max = value;
      this.maxX = x;
    }
  }

  /** Adds points of the same worker whose x is smaller by `shift`; if the last x are equal, the other's point is the last. */
  merge(other: PointStats, shift = 0): void {
    this.mergeValues(other, shift);
    if (other.n > 0 && other.lastX + shift >= this.lastX) this.takeLast(other, shift);
  }

  /** Adds points of another worker; if the last x are equal, the later clock decides. */
  mergeWorker(other: PointStats, shift = 0): void {
    const lastX = other.lastX + shift;
    const isLater = lastX > this.lastX || (lastX === this.lastX && other.lastTs >= this.lastTs);
    this.mergeValues(other, shift);
    if (other.n > 0 && isLater) this.takeLast(other, shift);
  }

  private takeLast(other: PointStats, shift: number): void {
    this.lastX = other.lastX + shift;
    this.last = other.last;
    this.lastTs = other.lastTs;
  }

  private mergeValues(other: PointStats, shift: number): void {
    this.n += other.n;
    this.nan += other.nan;
    this.inf += other.inf;
    this.sum += other.sum;
    if (other.firstX + shift < this.firstX) this.firstX = other.firstX + shift;
    const minX = other.minX + shift;
    if (other.min < this.min || (other.min === this.min && minX < this.minX)) {
      this.min = other.min;
      this.minX = minX;
    }
    const maxX = other.maxX + shift;
    if (other.max > this.max || (other.max === this.max && maxX < this.maxX)) {
      this.max = other.max;
      this.maxX = maxX;
    }
  }

  summary(): Summary {
    const finite = this.n - this.nan - this.inf;
    const mean = this.sum / finite;
    return {
      last: toNum(this.last),
      last_x: this.lastX,
      min: finite > 0 ? this.min : null,
      min_x: finite > 0 ? this.minX : null,
      max: finite > 0 ? this.max : null,
      max_x: finite > 0 ? this.maxX : null,
      // A sum of huge values may leave the range of doubles.
      mean: finite > 0 && Number.isFinite(mean) ? mean : null,
      count: this.n,
      nan: this.nan,
      inf: this.inf,
    };
  }
}
