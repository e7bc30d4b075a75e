import type { Num } from '../../../src/protocol/events';
import type { Series } from '../../../src/protocol/rows';

/** A series of one point a bucket. */
export function exactSeries(x: number[], values: Num[], more: Partial<Series> = {}): Series {
  const finite = values.map((value) => (typeof value === 'number' ? value : null));
  return {
    run_id: 'r1',
    key: 'loss',
    worker: 'worker-0',
    x,
    first: values,
    last: values,
    min: finite,
    max: finite,
    n: x.map(() => 1),
    bad: [],
    exact: true,
    rev: 1,
    ...more,
  };
}
