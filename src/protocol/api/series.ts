/** Series of metrics. */
import { z } from 'zod';
import { SERIES_COLUMNS, type SeriesResult } from '../rows';
import { method, type } from './method';
import { atMost, runId } from './parts';

export const seriesMethods = {
  'runs.series': method({
    request: z.object({
      run_id: runId,
      keys: z.array(z.string()).max(1000),
      x: z.enum(['step', 'epoch', 'relative', 'wall']),
      from: z.number().optional(),
      to: z.number().optional(),
      points: atMost(1_000_000),
      worker: z.string().optional(),
      aggregate: z.literal('mean').optional(),
      since: z.number().optional(),
      /** Which columns to answer with; all of them when absent. */
      columns: z.array(z.enum(SERIES_COLUMNS)).max(SERIES_COLUMNS.length).optional(),
    }),
    result: type<SeriesResult>(),
    on: 'store',
  }),
};
