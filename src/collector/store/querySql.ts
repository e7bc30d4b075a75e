/** Compiles queries and sort orders to SQL over the catalog's tables, with all values bound as parameters. */
import { RE2JS } from 're2js';
import type { Column, CompareOp, Expression, Field, Value } from '../../domain/query/ast';
import { numberOf, textOf } from '../../domain/query/values';

export interface Sql {
  text: string;
  values: (string | number | null)[];
}

/** A field as SQL. A condition on its number or text matches nothing if the run has no such key. */
interface Operand {
  num: string;
  text: string;
  where(condition: Sql): Sql;
}

type KeyedField = Exclude<Field, { kind: 'column' }>;

const NUMERIC = new Set<Column>([
  'created',
  'started',
  'ended',
  'duration',
  'attempt',
  'starred',
  'size',
  'files_size',
  'trashed',
]);
const KEY_ID = '(SELECT id FROM name WHERE text = ?)';

export function compileFilter(expression: Expression, now: number): Sql {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return join(
        expression.of.map((part) => compileFilter(part, now)),
        expression.kind === 'and' ? ' AND ' : ' OR ',
      );
    case 'not':
      return not(compileFilter(expression.of, now));
    case 'compare':
      return where(expression.field, now, (operand) =>
        comparison(operand, expression.op, bare(expression.field, expression.value)),
      );
    case 'in':
      return where(expression.field, now, (operand) =>
        join(
          expression.values.map((value) => comparison(operand, '=', bare(expression.field, value))),
          ' OR ',
        ),
      );
    case 'match':
      return where(expression.field, now, ({ text }) => ({
        text: `xt_match(?, ${text})`,
        values: [expression.pattern],
      }));
  }
}

/** The terms a field sorts by: numbers come before texts. */
export function compileSortTerms(field: Field, now: number): Sql[] {
  if (field.kind === 'column') return [{ text: columnSql(field.name, now), values: [] }];
  const { table, num, text } = keyed(field);
  const term = (column: string): Sql => ({
    text: `(SELECT ${column} FROM ${table} WHERE key = ${KEY_ID} AND run = run.id)`,
    values: [field.key],
  });
  return field.kind === 'metric' ? [term(num)] : [term(num), term(`CASE WHEN ${num} IS NULL THEN ${text} END`)];
}

/** Matches with an engine that takes linear time, so that no pattern can hang the collector. */
export function createMatcher(): (pattern: string, text: string | number | null) => number {
  const compiled = new Map<string, RE2JS>();
  return (pattern, text) => {
    if (text === null) return 0;
    let expression = compiled.get(pattern);
    if (!expression) {
      expression = RE2JS.compile(pattern);
      if (compiled.size >= 100) compiled.clear();
      compiled.set(pattern, expression);
    }
    return expression.matcher(String(text)).find() ? 1 : 0;
  };
}

function where(field: Field, now: number, condition: (operand: Operand) => Sql): Sql {
  const operand = field.kind === 'column' ? columnOperand(field.name, now) : keyOperand(field);
  return operand.where(condition(operand));
}

function keyed(field: KeyedField): { table: string; num: string; text: string } {
  if (field.kind === 'metric') return { table: 'metric', num: field.stat, text: field.stat };
  return { table: field.kind, num: 'num', text: 'text' };
}

function keyOperand(field: KeyedField): Operand {
  const { table, num, text } = keyed(field);
  return {
    num,
    text,
    // A metric that is NaN has no number, so nothing matches, as if it were missing.
    where: (condition) => ({
      text: `run.id IN (SELECT run FROM ${table} WHERE key = ${KEY_ID} AND ${text} IS NOT NULL AND ${condition.text})`,
      values: [field.key, ...condition.values],
    }),
  };
}

function columnSql(name: Column, now: number): string {
  return name === 'duration' ? `((coalesce(run.ended, ${Math.floor(now)}) - run.started) / 1000.0)` : `run.${name}`;
}

function columnOperand(name: Column, now: number): Operand {
  const text = columnSql(name, now);
  return {
    num: NUMERIC.has(name) ? text : `xt_number(${text})`,
    text,
    where: (condition) => ({ text: `(${text} IS NOT NULL AND ${condition.text})`, values: condition.values }),
  };
}

/** Converts booleans, because `starred` is stored as 0 or 1. */
function bare(field: Field, value: Value): Value {
  return field.kind === 'column' && field.name === 'starred' && typeof value === 'boolean' ? Number(value) : value;
}

/** Numeric strings count as numbers. A number and any other text are different and have no order. */
function comparison({ num, text }: Operand, op: CompareOp, value: Value): Sql {
  const number = numberOf(value);
  if (number !== null) return { text: `coalesce(${num} ${op} ?, ${op === '!=' ? 1 : 0})`, values: [number] };
  const isOrder = op !== '=' && op !== '!=';
  return { text: `(${isOrder ? `${num} IS NULL AND ` : ''}${text} ${op} ?)`, values: [textOf(value)] };
}

function join(parts: Sql[], separator: string): Sql {
  return { text: `(${parts.map((part) => part.text).join(separator)})`, values: parts.flatMap((part) => part.values) };
}

function not(sql: Sql): Sql {
  return { text: `(NOT ${sql.text})`, values: sql.values };
}
