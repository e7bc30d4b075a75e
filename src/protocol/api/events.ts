/** Everything that a run logged or printed besides metrics. */
import { z } from 'zod';
import type { Json } from '../events';
import type { LogLine, OutputChunk } from '../rows';
import { method, type } from './method';
import { atMost, page, runId, text } from './parts';

export const eventMethods = {
  /** Returns all events except metrics, or only those of the given types. Offsets count events of all types. */
  'runs.events': method({
    request: z.object({ run_id: runId, ...page, types: z.array(text).min(1).max(20).optional() }),
    result: type<{ events: Json[]; next: number; total: number }>(),
    on: 'store',
  }),
  'runs.logs': method({
    request: z.object({ run_id: runId, ...page }),
    result: type<{ lines: LogLine[]; next: number; total: number }>(),
    on: 'store',
  }),
  'runs.output': method({
    request: z.object({
      run_id: runId,
      worker: z.string().optional(),
      attempt: z.number().int().optional(),
      ...page,
      limit: atMost(4_000_000).optional(),
      /** Instead of an offset: the approximate number of visible bytes to return from the end. */
      tail: atMost(4_000_000).optional(),
      /** Leaves out text that a progress bar overwrote. */
      collapse: z.boolean().optional(),
    }),
    result: type<OutputChunk>(),
    on: 'main',
  }),
};
