/** Matches one run's row against a query; the store does the same for all runs in SQL. */
import { RE2JS } from 're2js';
import type { Num } from '../../protocol/events';
import type { RunRow } from '../../protocol/rows';
import type { Column, CompareOp, Expression, Field, Value } from './ast';
import { numberOf, textOf } from './values';
import { lookUp } from '../safeRecord';

/** Both are null if the run has no such value; then no comparison is true. */
interface Operand {
  num: number | null;
  text: string | null;
}

const NOTHING: Operand = { num: null, text: null };

export function matches(expression: Expression, row: RunRow, now: number): boolean {
  switch (expression.kind) {
    case 'and':
      return expression.of.every((part) => matches(part, row, now));
    case 'or':
      return expression.of.some((part) => matches(part, row, now));
    case 'not':
      return !matches(expression.of, row, now);
    case 'compare':
      return compare(operandOf(expression.field, row, now), expression.op, bare(expression.field, expression.value));
    case 'in': {
      const operand = operandOf(expression.field, row, now);
      return expression.values.some((value) => compare(operand, '=', bare(expression.field, value)));
    }
    case 'match': {
      const { text } = operandOf(expression.field, row, now);
      return text !== null && RE2JS.compile(expression.pattern).matcher(text).find();
    }
  }
}

function operandOf(field: Field, row: RunRow, now: number): Operand {
  switch (field.kind) {
    case 'column':
      return columnOperand(field.name, row, now);
    case 'metric': {
      const value = lookUp(row.metrics, field.key)?.[field.stat];
      return value === undefined ? NOTHING : operand(realOf(value));
    }
    case 'param': {
      const value = lookUp(row.params, field.key);
      return value === undefined ? NOTHING : { num: numberOf(value), text: textOf(value) };
    }
    case 'tag':
      return operand(lookUp(row.tags, field.key) ?? null);
  }
}

function columnOperand(name: Column, row: RunRow, now: number): Operand {
  if (name === 'duration') return operand(row.started === null ? null : ((row.ended ?? now) - row.started) / 1000);
  const value = row[name] ?? null;
  return typeof value === 'boolean' ? { num: Number(value), text: String(Number(value)) } : operand(value);
}

function operand(value: number | string | null): Operand {
  return value === null ? NOTHING : { num: numberOf(value), text: String(value) };
}

/** NaN counts as no value. */
function realOf(value: Num | null): number | null {
  return value === null || value === 'NaN' ? null : Number(value);
}

/** `starred` is 0 or 1. */
function bare(field: Field, value: Value): Value {
  return field.kind === 'column' && field.name === 'starred' && typeof value === 'boolean' ? Number(value) : value;
}

/** Numeric strings are numbers; a number and a text that is not numeric differ and have no order. */
function compare({ num, text }: Operand, op: CompareOp, value: Value): boolean {
  if (text === null) return false;
  const number = numberOf(value);
  if (number !== null) return num === null ? op === '!=' : ordered(num, op, number);
  const isOrder = op !== '=' && op !== '!=';
  return isOrder && num !== null ? false : ordered(text, op, textOf(value));
}

function ordered<T extends number | string>(a: T, op: CompareOp, b: T): boolean {
  switch (op) {
    case '=':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
  }
}
