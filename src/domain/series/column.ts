/** A column of doubles that grows by doubling. */
export class GrowableColumn {
  data: Float64Array;
  length = 0;

  constructor(capacity = 16) {
    this.data = new Float64Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.data.length) this.grow(this.length * 2);
    this.data[this.length++] = value;
  }

  /** The first doubles, not copied. */
  view(count = this.length): Float64Array {
    return this.data.subarray(0, count);
  }

  /** The first `count` doubles; the others move to the front. */
  drop(count: number): void {
    this.data.copyWithin(0, count, this.length);
    this.length -= count;
  }

  private grow(capacity: number): void {
    const grown = new Float64Array(capacity);
    grown.set(this.data);
    this.data = grown;
  }
}
