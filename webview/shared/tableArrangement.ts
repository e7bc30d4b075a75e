/** Sorts and filters the rows of a logged table. */
import type { Json } from '../../src/protocol/events';
import { formatNumber } from '../../src/domain/format';
import { isRecord } from '../../src/base/unknown';

/** How a logged table is sorted and filtered. */
export interface TableArrangement {
  filter: string;
  sort: { column: string; down: boolean } | null;
}

export const AS_LOGGED: TableArrangement = { filter: '', sort: null };

export function readArrangement(stored: unknown): TableArrangement | null {
  if (!isRecord(stored) || typeof stored.filter !== 'string') return null;
  const { filter, sort } = stored;
  const isSorted = isRecord(sort) && typeof sort.column === 'string';
  return { filter, sort: isSorted ? { column: sort.column as string, down: sort.down === true } : null };
}

/** A sort by a column that the table lacks is ignored. */
export function arrangedRows(
  columns: readonly string[],
  rows: readonly Json[][],
  { filter, sort }: TableArrangement,
): Json[][] {
  const wanted = filter.trim().toLowerCase();
  const found = rows.filter(
    (row) => wanted === '' || row.some((cell) => cellText(cell).toLowerCase().includes(wanted)),
  );
  const at = sort === null ? -1 : columns.indexOf(sort.column);
  if (sort === null || at === -1) return found;
  found.sort((a, b) => compare(a[at], b[at]));
  return sort.down ? found.reverse() : found;
}

/** The arrangement after a click on a column: ascending, descending, as logged. */
export function sortedNext({ filter, sort }: TableArrangement, column: string): TableArrangement {
  if (sort?.column !== column) return { filter, sort: { column, down: false } };
  return { filter, sort: sort.down ? null : { column, down: true } };
}

export function cellText(cell: Json | undefined): string {
  if (cell === undefined || cell === null) return '';
  if (typeof cell === 'number') return formatNumber(cell);
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
}

/** Numbers by size, before words by letter; what is missing comes last. */
function compare(a: Json | undefined, b: Json | undefined): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const rank = (one: Json | undefined): number =>
    one === undefined || one === null ? 2 : typeof one === 'number' ? 0 : 1;
  return rank(a) - rank(b) || cellText(a).localeCompare(cellText(b), undefined, { numeric: true });
}
