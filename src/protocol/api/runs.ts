/** Runs: listing, editing, deleting and exporting them. */
import { z } from 'zod';
import type { ListResult, RunDetail, RunRow, Task } from '../rows';
import { method, type } from './method';
import { asRunIds, atMost, runId, runs, text } from './parts';

export const runMethods = {
  'runs.list': method({
    request: z.object({
      filter: text.optional(),
      /** Lists the runs in the trash instead of the others. */
      trash: z.boolean().optional(),
      sort: z
        .array(z.object({ by: text, desc: z.boolean().optional() }))
        .max(8)
        .optional(),
      /** Which fields of a row to send; all of them when absent. `params` and `metrics` are the heavy ones. */
      fields: z.array(z.string()).optional(),
      /** If there are more runs, the cursor marks the start of the next page. */
      limit: atMost(10_000).optional(),
      cursor: z.string().optional(),
    }),
    result: type<ListResult>(),
    on: 'store',
  }),
  'runs.get': method({ request: z.object({ run_id: runId }), result: type<RunDetail>(), on: 'store' }),
  'runs.update': method({
    request: z
      .object({
        ...runs,
        name: text.optional(),
        notes: z.string().max(1_000_000).optional(),
        starred: z.boolean().optional(),
        tags: z.record(z.string(), z.string().nullable()).optional(),
        deleted: z.boolean().optional(),
      })
      .transform(asRunIds),
    result: type<{ rows: RunRow[] }>(),
    on: 'main',
  }),
  /** Moves runs to the trash; `restore` takes them out of it. */
  'runs.delete': method({
    request: z.object({ ...runs, restore: z.boolean().optional() }).transform(asRunIds),
    result: type<{ run_ids: string[] }>(),
    on: 'main',
  }),
  /** Deletes runs in the trash for good. Every run has to be named, so that no caller empties the trash by mistake. */
  'runs.purge': method({
    request: z.object({ ...runs, wait: z.boolean().optional() }).transform(asRunIds),
    result: type<Task>(),
    on: 'main',
  }),
  'runs.export': method({
    request: z
      .object({
        ...runs,
        format: z.enum(['csv', 'json', 'archive']),
        path: z.string().min(1),
        wait: z.boolean().optional(),
      })
      .transform(asRunIds),
    result: type<Task>(),
    on: 'main',
  }),
  'runs.rebuild': method({
    request: z.object({ wait: z.boolean().optional() }),
    result: type<Task>(),
    on: 'main',
  }),
};
