/** The conditions of the rules in `xtrack.alerts`: a query about a run's row, or one of three words. */
import { english } from '../base/texts';
import { userError } from '../protocol/apiError';
import type { AlertRule } from '../protocol/events';
import type { RunRow, Summary } from '../protocol/rows';
import { formatNumber, toNumber } from './format';
import { parseQuery } from './query/parse';
import type { Expression } from './query/ast';
import { matches } from './query/match';
import { lookUp } from './safeRecord';

export interface Condition {
  /** Whether it holds now. `moved`: the run has made progress since the last check. */
  holds(row: RunRow, moved: boolean, now: number): boolean;
  /** How long it has to hold if the rule does not specify that. */
  hold_s: number;
  /** The alert's title for a rule without a name. */
  title: string;
  /** Describes the current state. */
  text(row: RunRow): string;
}

const WAIT_S = 600;
const IDLE_PERCENT = 5;

/** Parses a condition; throws an ApiError that says what is wrong with it. */
export function conditionOf({ when }: Pick<AlertRule, 'when'>): Condition {
  const words = when.trim().toLowerCase();
  if (words === 'nan') return { holds: hasNan, hold_s: 0, title: 'A metric is NaN or infinite', text: nanText };
  if (words === 'stalled') return { holds: isStalled, hold_s: WAIT_S, title: 'No progress', text: progressText };
  if (words === 'gpu idle') return { holds: idlesGpus, hold_s: WAIT_S, title: 'The GPUs are idle', text: gpuText };
  const query = parseQuery(when, Date.now(), { metrics: true });
  if (query === null) throw userError('query_syntax', english`The condition is empty.`, { column: 1 });
  const keys = [...metricsIn(query)];
  return {
    holds: (row, _moved, now) => matches(query, row, now),
    hold_s: 0,
    title: when.trim(),
    text: (row) => valuesText(row, keys),
  };
}

function* metricsIn(query: Expression): Iterable<string> {
  if (query.kind === 'not') yield* metricsIn(query.of);
  else if ('of' in query) for (const part of query.of) yield* metricsIn(part);
  else if (query.field.kind === 'metric') yield query.field.key;
}

function valuesText(row: RunRow, keys: string[]): string {
  const values = [...new Set(keys)].flatMap((key) => {
    const summary = lookUp(row.metrics, key);
    return summary ? [`${key} is ${formatNumber(toNumber(summary.last))} at ${formatNumber(summary.last_x)}`] : [];
  });
  return values.slice(0, 5).join(', ');
}

/** A value that changes as a run progresses. Metrics of the machine are left out, because they change all the time. */
export function progressOf(row: RunRow): string {
  let points = 0;
  for (const { count } of ownMetrics(row)) points += count;
  const { progress, phase, checkpoints, status, attempt } = row;
  return [points, progress?.cur ?? '', phase ?? '', checkpoints, status, attempt].join(' ');
}

function ownMetrics(row: RunRow): Summary[] {
  return Object.entries(row.metrics).flatMap(([key, summary]) => (key.startsWith('system/') ? [] : [summary]));
}

/** A run that once had a NaN keeps it in its summary, so a resumed run counts only if its latest value is one. */
function hasNan(row: RunRow): boolean {
  const had = row.attempt === 1;
  return ownMetrics(row).some(({ last, nan, inf }) => typeof last !== 'number' || (had && nan + inf > 0));
}

function nanText(row: RunRow): string {
  const keys = Object.keys(row.metrics).filter((key) => !key.startsWith('system/'));
  const now = keys.filter((key) => typeof row.metrics[key]?.last !== 'number');
  if (now.length > 0) return valuesText(row, now);
  return keys.filter((key) => (row.metrics[key]?.nan ?? 0) + (row.metrics[key]?.inf ?? 0) > 0).join(', ');
}

function progressText({ progress }: RunRow): string {
  if (progress === null) return '';
  const { cur, total, unit } = progress;
  return `It is at ${formatNumber(cur)}${total === null ? '' : ` of ${formatNumber(total)}`} ${unit}`;
}

function gpuText(row: RunRow): string {
  return valuesText(row, gpusOf(row));
}

function gpusOf(row: RunRow): string[] {
  return Object.keys(row.metrics).filter((key) => /^system\/gpu\d+_util$/.test(key));
}

function isStalled(row: RunRow, moved: boolean): boolean {
  return works(row) && !moved;
}

function idlesGpus(row: RunRow): boolean {
  const gpus = gpusOf(row);
  return works(row) && gpus.length > 0 && gpus.every((key) => Number(row.metrics[key]?.last) < IDLE_PERCENT);
}

function works({ status, phase }: RunRow): boolean {
  return status === 'running' && phase !== 'paused';
}
