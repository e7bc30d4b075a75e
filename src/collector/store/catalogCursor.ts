/** Pages by the last row that was seen, not by its number, so that rows that are added or removed shift nothing. */
import { english } from '../../base/texts';
import { userError } from '../../protocol/apiError';
import type { Sql } from './querySql';

export interface SortTerm {
  sql: Sql;
  desc: boolean;
}

type Value = string | number | null;
/** JSON has no infinities, so they are written as [1] and [-1]. */
type Packed = Value | [number];

export interface Cursor {
  values: Value[];
  run_id: string;
}

export function encodeCursor({ values, run_id }: Cursor): string {
  const packed = values.map((value): Packed =>
    typeof value === 'number' && !Number.isFinite(value) ? [Math.sign(value)] : value,
  );
  return Buffer.from(JSON.stringify([packed, run_id])).toString('base64url');
}

/** `terms` is the number of values in the sort order. */
export function decodeCursor(text: string, terms: number): Cursor {
  try {
    const [packed, run_id] = JSON.parse(Buffer.from(text, 'base64url').toString()) as [Packed[], string];
    const values = packed.map((value) => (Array.isArray(value) ? value[0] * Infinity : value));
    if (values.length === terms && typeof run_id === 'string') return { values, run_id };
  } catch {
    // The cursor is not valid, which the error below says.
  }
  throw userError('invalid', english`This cursor does not belong to this sort order. Ask for the first page again.`, {
    field: 'cursor',
  });
}

/** Rows have their sort values in k0, k1 …; missing ones come last in both directions, equal rows by run id. */
export function orderBy(terms: readonly SortTerm[]): string {
  return [...terms.map((term, i) => `k${i} IS NULL, k${i}${term.desc ? ' DESC' : ''}`), 'run_id'].join(', ');
}

export function afterCursor(cursor: Cursor, terms: readonly SortTerm[]): Sql {
  const alternatives: string[] = [];
  const values: Value[] = [];
  for (let i = 0; i <= terms.length; i++) {
    const equal = terms.slice(0, i).map((_, j) => `k${j} IS ?`);
    const value = cursor.values[i];
    if (i < terms.length && value === null) continue;
    const beyond = i === terms.length ? 'run_id > ?' : `(k${i} IS NULL OR k${i} ${terms[i]!.desc ? '<' : '>'} ?)`;
    alternatives.push(`(${[...equal, beyond].join(' AND ')})`);
    values.push(...cursor.values.slice(0, i), i === terms.length ? cursor.run_id : value!);
  }
  return { text: `(${alternatives.join(' OR ')})`, values };
}
