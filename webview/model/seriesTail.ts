/** The collector sends only the end of a series that grew: this puts it where it belongs. */
import type { PanelSeries } from '../../src/protocol/panel';

export function mergeTail(known: PanelSeries | undefined, got: PanelSeries): PanelSeries {
  const { tail_from: from, ...whole } = got;
  if (from === undefined || known === undefined) return got;
  const keep = firstAtOrAfter(known.x, from);
  const put = (head: Float64Array, tail: Float64Array): Float64Array => {
    const merged = new Float64Array(keep + tail.length);
    merged.set(head.subarray(0, keep));
    merged.set(tail, keep);
    return merged;
  };
  return {
    ...whole,
    x: put(known.x, got.x),
    last: put(known.last, got.last),
    min: put(known.min, got.min),
    max: put(known.max, got.max),
    bad: [...known.bad.filter((bad) => bad.x < from), ...got.bad],
    exact: known.exact && got.exact,
  };
}

/** Index of the first x ≥ at; x ascends. */
export function firstAtOrAfter(x: ArrayLike<number>, at: number): number {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle]! < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
