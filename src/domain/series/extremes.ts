/** The smallest and largest values of any range of a column, without reading all of it again. */

const BLOCK = 64;
export const NAN = 1;
export const POS_INF = 2;
export const NEG_INF = 4;

export class Extremes {
  /** The extremes of the latest range, over finite values; Infinity and -Infinity if there are none. */
  min = Infinity;
  max = -Infinity;
  /** The kinds of values in the range that are not finite. */
  bad = 0;
  private readonly mins: Float64Array;
  private readonly maxs: Float64Array;
  private readonly bads: Uint8Array;

  constructor(private readonly values: Float64Array) {
    const blocks = Math.ceil(values.length / BLOCK);
    this.mins = new Float64Array(blocks);
    this.maxs = new Float64Array(blocks);
    this.bads = new Uint8Array(blocks);
    for (let block = 0; block < blocks; block++) {
      this.reset();
      this.scan(block * BLOCK, Math.min((block + 1) * BLOCK, values.length));
      this.mins[block] = this.min;
      this.maxs[block] = this.max;
      this.bads[block] = this.bad;
    }
  }

  over(from: number, to: number): this {
    this.reset();
    const first = Math.ceil(from / BLOCK);
    const last = Math.floor(to / BLOCK);
    if (first >= last) {
      this.scan(from, to);
      return this;
    }
    this.scan(from, first * BLOCK);
    for (let block = first; block < last; block++) {
      if (this.mins[block]! < this.min) this.min = this.mins[block]!;
      if (this.maxs[block]! > this.max) this.max = this.maxs[block]!;
      this.bad |= this.bads[block]!;
    }
    this.scan(last * BLOCK, to);
    return this;
  }

  private reset(): void {
    this.min = Infinity;
    this.max = -Infinity;
    this.bad = 0;
  }

  private scan(from: number, to: number): void {
    const { values } = this;
    let { min, max, bad } = this;
    for (let i = from; i < to; i++) {
      const value = values[i]!;
      // False for NaN. Infinities are handled separately, because they are rare.
      if (value < min && value !== -Infinity) min = value;
      if (value > max && value !== Infinity) max = value;
      if (value - value !== 0) bad |= badKind(value);
    }
    this.min = min;
    this.max = max;
    this.bad = bad;
  }
}

export function badKind(value: number): number {
  return Number.isNaN(value) ? NAN : value > 0 ? POS_INF : NEG_INF;
}
