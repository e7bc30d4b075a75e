import { describe, expect, it } from 'vitest';
import { parseExpression } from '../../../../src/domain/metric/expression';

const METRICS: Record<string, number> = {
  a: 6,
  b: 3,
  'train/loss': 8,
  train: 10,
  loss: 5,
  'lr (group 1)': 0.5,
  'val-acc': 1,
};

function value(text: string): number | string {
  const parsed = parseExpression(text, (key) => Object.hasOwn(METRICS, key));
  if (!parsed.ok) return `${parsed.message} ${parsed.column}`;
  return parsed.expression.evaluate(parsed.expression.keys.map((key) => METRICS[key]!));
}

describe('expressions over metrics', () => {
  it.each([
    ['a - b', 3],
    ['a + b * 2', 12],
    ['(a + b) * 2', 18],
    ['a - b - 1', 2],
    ['a / b / 2', 1],
    ['2 ^ b ^ 2', 512],
    ['-b ^ 2', -9],
    ['-(a) * -b', 18],
    ['a + 1e1 + .5', 16.5],
    ['max(a, b, 7)', 7],
    ['sqrt(abs(-a * 6))', 6],
  ])('%s is %d', (text, expected) => {
    expect(value(text)).toBe(expected);
  });

  it('read a slash as part of a name if such a metric exists, and divide otherwise', () => {
    expect(value('train/loss')).toBe(8);
    expect(value('train/loss*2')).toBe(16);
    expect(value('train / loss')).toBe(2);
    expect(value('a/b')).toBe(2);
    expect(value('val-acc')).toBe(1);
    expect(value('val-acc-b')).toBe(-2);
  });

  it('accept any metric in quotes, and a whole name without quotes', () => {
    expect(value('"lr (group 1)" * 4')).toBe(2);
    expect(value("'train/loss' - 1")).toBe(7);
    expect(value('lr (group 1)')).toBe(0.5);
  });

  it('list each metric once', () => {
    const parsed = parseExpression('a * a - b', (key) => Object.hasOwn(METRICS, key));
    expect(parsed.ok && parsed.expression.keys).toEqual(['a', 'b']);
  });

  it.each([
    ['a -', 'It ends too early. 3'],
    ['a $ b', '“$” was not expected here. 2'],
    ['a b', '“b” was not expected here. 2'],
    ['(a', '“)” is missing. 2'],
    ['gone + 1', 'No metric is named gone. 0'],
    ['sin(a)', 'There is no function sin. There are abs, exp, log, log10, max, min, sqrt. 0'],
    ['toString(a)', 'There is no function toString. There are abs, exp, log, log10, max, min, sqrt. 0'],
    ['1 + 2', 'The expression contains no metric. 0'],
    ['', 'It ends too early. 0'],
  ])('“%s”: %s', (text, message) => {
    expect(value(text)).toBe(message);
  });

  it('are refused if they are nested too deeply', () => {
    expect(value(`${'('.repeat(50_000)}a`)).toMatch(/^The expression is nested too deeply/);
    expect(value(`${'-'.repeat(50_000)}a`)).toMatch(/^The expression is nested too deeply/);
  });
});
