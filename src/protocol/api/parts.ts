/** Fields shared by requests of several families. */
import { z } from 'zod';
import { isId } from '../ids';

export const runId = z.string().refine(isId, 'not a valid run id: [A-Za-z0-9][A-Za-z0-9._-]{0,127}');
export const text = z.string().max(10_000);
export const environment = z.record(z.string(), z.string());

/** The most items an answer may hold; requests for more than `max` get `max`. */
export function atMost(max: number) {
  return z
    .number()
    .int()
    .min(1)
    .transform((value) => Math.min(value, max));
}

export const page = { offset: z.number().int().min(0).optional(), limit: atMost(10_000).optional() };

/** Names one run by `run_id`, or several by `run_ids`; after validation it is always `run_ids`. */
export const runs = { run_id: runId.optional(), run_ids: z.array(runId).min(1).optional() };

interface NamedRuns {
  run_id?: string | undefined;
  run_ids?: string[] | undefined;
}

export function asRunIds<T extends NamedRuns>(
  request: T,
  context: z.RefinementCtx,
): Omit<T, keyof NamedRuns> & { run_ids: string[] } {
  const { run_id, run_ids, ...rest } = request;
  const ids = run_ids ?? (run_id === undefined ? null : [run_id]);
  if (ids) return { ...rest, run_ids: ids };
  context.addIssue({ code: 'custom', message: 'expected run_id, or run_ids', path: ['run_id'] });
  return z.NEVER;
}
