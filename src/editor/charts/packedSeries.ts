/** Series as they go to a panel: columns of doubles, which cross to it as bytes. */
import type { PanelSeries } from '../../protocol/panel';
import type { SeriesColumn, SeriesOf } from '../../protocol/rows';

/** What a chart draws. */
export const DRAWN_COLUMNS = ['x', 'last', 'min', 'max'] as const satisfies SeriesColumn[];

export function packSeries(series: SeriesOf<(typeof DRAWN_COLUMNS)[number]>): PanelSeries {
  const { run_id, key, worker, bad, exact, rev, tail_from } = series;
  return {
    ...{ run_id, key, worker, bad, exact, rev },
    ...(tail_from === undefined ? {} : { tail_from }),
    x: Float64Array.from(series.x),
    last: Float64Array.from(series.last, Number),
    min: Float64Array.from(series.min, (value) => value ?? NaN),
    max: Float64Array.from(series.max, (value) => value ?? NaN),
  };
}
