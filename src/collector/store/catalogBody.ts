/** Packs a run row for the catalog as JSON; metrics are kept without the names of their fields. */
import type { SqlValue } from 'sql.js';
import type { RunRow, Summary } from '../../protocol/rows';
import { lookUp, put } from '../../domain/safeRecord';

export interface Body {
  row: string;
  params: string;
  metrics: string;
  tags: string;
}

const SUMMARY: (keyof Summary)[] = ['last', 'last_x', 'min', 'min_x', 'max', 'max_x', 'mean', 'count', 'nan', 'inf'];
const BODY = ['params', 'metrics', 'tags'] as const;
/** Columns that do not come from the run's events but from its directory and the trash. */
const DISK = ['size', 'files_size', 'trashed'] as const;

export function packBody(row: RunRow): Body {
  const { params, metrics, tags, ...rest } = row;
  const packed: Record<string, unknown> = {};
  for (const [key, summary] of Object.entries(metrics))
    put(
      packed,
      key,
      SUMMARY.map((field) => summary[field]),
    );
  const json = JSON.stringify;
  return { row: json(rest), params: json(params), metrics: json(packed), tags: json(tags) };
}

/** A query for the parts that `unpackBody` needs for these fields, because metrics alone are most of a row. */
export function bodyQuery(fields?: readonly string[]): string {
  const parts = BODY.map((part) => (!fields || fields.includes(part) ? part : 'NULL'));
  return `SELECT row, ${[...parts, ...DISK].join(', ')} FROM body JOIN run ON run.id = body.run WHERE body.run = ?`;
}

/** Unpacks only `fields` of the row and its id, or everything without `fields`. */
export function unpackBody([row, params, metrics, tags, ...disk]: SqlValue[], fields?: readonly string[]): RunRow {
  const wanted = (field: string) => !fields || fields.includes(field);
  const rest = JSON.parse(String(row)) as Record<string, unknown>;
  const out: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(rest)) if (field === 'run_id' || wanted(field)) out[field] = value;
  const texts = { params, metrics, tags };
  for (const part of BODY) {
    if (wanted(part)) out[part] = part === 'metrics' ? unpackMetrics(String(metrics)) : JSON.parse(String(texts[part]));
  }
  DISK.forEach((part, i) => {
    if (wanted(part) && typeof disk[i] === 'number') out[part] = disk[i];
  });
  return out as unknown as RunRow;
}

function unpackMetrics(text: string): Record<string, Summary> {
  const metrics: Record<string, Summary> = {};
  for (const [key, values] of Object.entries(JSON.parse(text) as Record<string, unknown[]>)) {
    const summary: Record<string, unknown> = {};
    SUMMARY.forEach((field, i) => (summary[field] = values[i]));
    put(metrics, key, summary as unknown as Summary);
  }
  return metrics;
}

/** The entries of `now` that are new or differ, and the keys that are gone. */
export function changedEntries<T>(
  before: Record<string, T>,
  now: Record<string, T>,
): { set: [string, T][]; gone: string[] } {
  const differs = ([key, value]: [string, T]) => {
    const old = lookUp(before, key);
    return old === undefined || JSON.stringify(old) !== JSON.stringify(value);
  };
  return {
    set: Object.entries(now).filter(differs),
    gone: Object.keys(before).filter((key) => !Object.hasOwn(now, key)),
  };
}
