/** Runs that are alike in one respect: a param, a tag, the experiment, the status. */
import { t } from '../../base/texts';
import type { Json } from '../../protocol/events';
import type { RunRow } from '../../protocol/rows';
import { formatNumber } from '../format';

type Grouped = Pick<RunRow, 'params' | 'tags' | 'experiment' | 'status'>;
type Named = Pick<RunRow, 'run_id' | 'name' | 'params' | 'created'>;

/** A longer name would push the compared values out of sight. */
const MAX_DIFFERENCES = 2;

/** The ways to group runs: first by properties in which they differ, then by the rest, each sorted by name. */
export function groupings(rows: readonly Grouped[]): string[] {
  const all = [
    ...new Set([
      ...rows.flatMap((row) => Object.keys(row.params).map((name) => `params.${name}`)),
      ...rows.flatMap((row) => Object.keys(row.tags).map((name) => `tags.${name}`)),
      'experiment',
      'status',
    ]),
  ].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b, undefined, { numeric: true }));
  const differs = (by: string): boolean => new Set(rows.map((row) => groupOf(row, by))).size > 1;
  return [...all.filter(differs), ...all.filter((by) => !differs(by))];
}

/** The value that a run is grouped by, as text. */
export function groupOf(row: Grouped, by: string): string {
  if (by === 'experiment') return row.experiment ?? t('none');
  if (by === 'status') return row.status;
  const [kind, name] = [by.slice(0, by.indexOf('.')), by.slice(by.indexOf('.') + 1)];
  return wordsOf((kind === 'tags' ? row.tags : row.params)[name]);
}

/** The title of a grouping: the name of the param or tag. */
export function groupingName(by: string): string {
  return by.replace(/^(params|tags)\./, '');
}

/** Unambiguous names of runs, by id: runs that share a name also show the params in which they differ, or when they began. */
export function namesApart(rows: readonly Named[]): Map<string, string> {
  const alike = new Map<string, Named[]>();
  for (const row of rows) alike.set(row.name, [...(alike.get(row.name) ?? []), row]);
  const names = new Map<string, string>();
  for (const [name, group] of alike) {
    const params = group.length > 1 ? differingParams(group) : [];
    for (const row of group) {
      const differences = params.map((param) => `${param} ${wordsOf(row.params[param])}`);
      if (group.length > 1 && differences.length === 0) differences.push(new Date(row.created).toLocaleTimeString());
      names.set(row.run_id, [name, ...differences].join(' · '));
    }
  }
  return names;
}

/** The params with the most different values come first. */
function differingParams(rows: readonly Named[]): string[] {
  const all = [...new Set(rows.flatMap(({ params }) => Object.keys(params)))].sort();
  const values = (param: string): number => new Set(rows.map(({ params }) => wordsOf(params[param]))).size;
  return all
    .map((param) => ({ param, values: values(param) }))
    .filter((one) => one.values > 1)
    .sort((a, b) => b.values - a.values)
    .slice(0, MAX_DIFFERENCES)
    .map(({ param }) => param);
}

function wordsOf(value: Json | undefined): string {
  if (value === undefined || value === null) return 'none';
  if (typeof value === 'number') return formatNumber(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function rank(by: string): number {
  return ['params', 'tags'].findIndex((kind) => by.startsWith(`${kind}.`)) + 3 * Number(!by.includes('.'));
}
