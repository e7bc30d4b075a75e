/** What runs can be compared by, as numbers on an axis: their params, and the last values of their metrics. */
import { t } from '../../src/base/texts';
import type { Json } from '../../src/protocol/events';
import type { RunRow } from '../../src/protocol/rows';
import { formatNumber, toNumber } from '../../src/domain/format';

export interface RunColumn {
  /** `params.lr`, `metrics.val/acc` */
  id: string;
  label: string;
  /** Values that are not numbers; each takes its index as its place on the axis. */
  words: string[] | null;
  /** The values span so much that the axis is logarithmic. */
  log: boolean;
  from: number;
  to: number;
  valueOf: (row: RunRow) => number | null;
}

/** Ratio of largest to smallest value above which an axis is logarithmic. */
const LOG_SPAN = 50;
const SYSTEM = 'system/';

/** Columns in which the runs differ, params first. The others say nothing in a comparison. */
export function runColumns(rows: readonly RunRow[]): RunColumn[] {
  const names = (of: (row: RunRow) => object): string[] =>
    [...new Set(rows.flatMap((row) => Object.keys(of(row))))].sort((a, b) =>
      a.localeCompare(b, undefined, { numeric: true }),
    );
  const params = names((row) => row.params).map((name) => paramColumn(rows, name));
  const metrics = names((row) => row.metrics)
    .filter((key) => !key.startsWith(SYSTEM))
    .map((key) => {
      const label = params.some((param) => param.label === key) ? t('{0} (metric)', key) : key;
      return column(rows, `metrics.${key}`, label, null, (row) => finite(toNumber(row.metrics[key]?.last ?? NaN)));
    });
  return [...params, ...metrics].filter(({ from, to }) => to > from);
}

/** The columns shown by default, with the main metric last because the others are compared with it. */
export function usualColumns(columns: readonly RunColumn[], keyMetric: string | undefined): RunColumn[] {
  const params = columns.filter(({ id }) => id.startsWith('params.')).slice(0, 6);
  const metrics = columns.filter(({ id }) => id.startsWith('metrics.'));
  const main = metrics.find(({ id }) => id === `metrics.${keyMetric}`) ?? metrics[0];
  const others = metrics.filter((one) => one !== main).slice(0, params.length === 0 ? 3 : 1);
  return [...params, ...others, ...(main ? [main] : [])];
}

/** Where a value lies between the least and the greatest: 0 to 1. */
export function shareOf({ log, from, to }: RunColumn, value: number): number {
  const scale = log ? Math.log : (x: number): number => x;
  return (scale(value) - scale(from)) / (scale(to) - scale(from));
}

export function textOf(column: RunColumn, value: number): string {
  return column.words === null ? formatNumber(value) : (column.words[value] ?? '');
}

/** With fewer pairs a correlation is mostly chance. */
const FEWEST_PAIRS = 4;

/**
 * Spearman's rank correlation, from −1 to 1; null where too few runs have both values, or where values are words, which
 * have no order.
 */
export function rankCorrelation(rows: readonly RunRow[], a: RunColumn, b: RunColumn): number | null {
  if (a.words !== null || b.words !== null) return null;
  const pairs = rows.flatMap((row) => {
    const [x, y] = [a.valueOf(row), b.valueOf(row)];
    return x === null || y === null ? [] : [[x, y] as const];
  });
  if (pairs.length < FEWEST_PAIRS) return null;
  const [x, y] = [ranks(pairs.map(([one]) => one)), ranks(pairs.map(([, one]) => one))];
  const middle = (pairs.length + 1) / 2;
  const product = (p: number[], q: number[]): number =>
    p.reduce((sum, one, i) => sum + (one - middle) * (q[i]! - middle), 0);
  const spread = Math.sqrt(product(x, x) * product(y, y));
  return spread === 0 ? null : product(x, y) / spread;
}

/** Ranks start at 1; equal values share the mean of theirs. */
function ranks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal + 1) / 2;
  });
}

function paramColumn(rows: readonly RunRow[], name: string): RunColumn {
  const values = rows.map((row) => row.params[name]);
  const id = `params.${name}`;
  if (values.every((value) => value === undefined || value === null || typeof value === 'number'))
    return column(rows, id, name, null, (row) => finite(row.params[name]));
  const words = [...new Set(values.map(wordOf))].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
  return column(rows, id, name, words, (row) => words.indexOf(wordOf(row.params[name])));
}

function column(
  rows: readonly RunRow[],
  id: string,
  label: string,
  words: string[] | null,
  valueOf: RunColumn['valueOf'],
): RunColumn {
  const values = rows.flatMap((row) => valueOf(row) ?? []);
  const from = Math.min(...values);
  const to = Math.max(...values);
  return { id, label, words, log: words === null && from > 0 && to / from > LOG_SPAN, from, to, valueOf };
}

function wordOf(value: Json | undefined): string {
  if (value === undefined || value === null) return t('none');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function finite(value: Json | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
