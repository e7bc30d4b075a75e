/** The collector sends only the end of a series that grew: this puts it where it belongs. */
import type { Series } from '../../src/protocol/rows';

export function mergeTail(known: Series | undefined, got: Series): Series {
  if (got.tail_from === undefined || known === undefined) return got;
  const keep = firstAtOrAfter(known.x, got.tail_from);
  const head = <T>(values: T[]): T[] => values.slice(0, keep);
  const from = got.tail_from;
  return {
    run_id: got.run_id,
    key: got.key,
    worker: got.worker,
    x: [...head(known.x), ...got.x],
    first: [...head(known.first), ...got.first],
    last: [...head(known.last), ...got.last],
    min: [...head(known.min), ...got.min],
    max: [...head(known.max), ...got.max],
    n: [...head(known.n), ...got.n],
    bad: [...known.bad.filter((bad) => bad.x < from), ...got.bad],
    exact: known.exact && got.exact,
    rev: got.rev,
  };
}

/** Index of the first x ≥ at; x ascends. */
export function firstAtOrAfter(x: readonly number[], at: number): number {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle]! < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
