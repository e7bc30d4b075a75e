/**
 * Expressions over metrics: `val_loss - train_loss`, `log(train/loss)`, `"lr (group 1)" * 1e3`. A name may contain
 * slashes: if a metric of that name exists it is meant, else `/` divides. Quotes name any metric.
 */
import { t } from '../../base/texts';

export interface MetricExpression {
  /** The metrics that the expression uses, in order of their first use. */
  keys: string[];
  /** Computes the result from the values of `keys`, in that order. */
  evaluate: (values: readonly number[]) => number;
}

export type ParsedExpression =
  | { ok: true; expression: MetricExpression }
  /** `column` counts from 0. */
  | { ok: false; message: string; column: number };

type Evaluate = (values: readonly number[]) => number;
type Token = { kind: 'number' | 'name' | 'quoted' | 'sign' | 'end'; text: string; at: number };

const FUNCTIONS: Record<string, (...values: number[]) => number> = {
  abs: Math.abs,
  exp: Math.exp,
  log: Math.log,
  log10: Math.log10,
  max: Math.max,
  min: Math.min,
  sqrt: Math.sqrt,
};
const BINARY: Record<string, { level: number; apply: (a: number, b: number) => number }> = {
  '+': { level: 1, apply: (a, b) => a + b },
  '-': { level: 1, apply: (a, b) => a - b },
  '*': { level: 2, apply: (a, b) => a * b },
  '/': { level: 2, apply: (a, b) => a / b },
  '^': { level: 4, apply: (a, b) => a ** b },
};
/** `-a ^ 2` is −(a²), `-a * b` is (−a)·b. */
const MINUS_LEVEL = 3;
const DEEPEST = 100;

class ExpressionError extends Error {
  constructor(
    message: string,
    readonly column: number,
  ) {
    super(message);
  }
}

export function parseExpression(text: string, isMetric: (key: string) => boolean): ParsedExpression {
  if (isMetric(text.trim())) return { ok: true, expression: metricItself(text.trim()) };
  try {
    return { ok: true, expression: new Parser(tokens(text, isMetric), isMetric).whole() };
  } catch (error) {
    if (error instanceof ExpressionError) return { ok: false, message: error.message, column: error.column };
    throw error;
  }
}

function metricItself(key: string): MetricExpression {
  return { keys: [key], evaluate: (values) => values[0]! };
}

class Parser {
  private at = 0;
  private depth = 0;
  private readonly keys: string[] = [];

  constructor(
    private readonly tokens: Token[],
    private readonly isMetric: (key: string) => boolean,
  ) {}

  whole(): MetricExpression {
    const evaluate = this.binary(0);
    const rest = this.next();
    if (rest.kind !== 'end') throw new ExpressionError(t('“{0}” was not expected here.', rest.text), rest.at);
    if (this.keys.length === 0) throw new ExpressionError(t('The expression contains no metric.'), 0);
    return { keys: this.keys, evaluate };
  }

  private next(): Token {
    return this.tokens[this.at++]!;
  }

  private accept(sign: string): boolean {
    const token = this.tokens[this.at]!;
    if (token.kind !== 'sign' || token.text !== sign) return false;
    this.at++;
    return true;
  }

  private expect(sign: string): void {
    const token = this.tokens[this.at]!;
    if (!this.accept(sign)) throw new ExpressionError(t('“{0}” is missing.', sign), token.at);
  }

  private binary(above: number): Evaluate {
    let left = this.operand();
    for (;;) {
      const token = this.tokens[this.at]!;
      const operator = token.kind === 'sign' ? BINARY[token.text] : undefined;
      if (operator === undefined || operator.level <= above) return left;
      this.at++;
      // Powers group from the right.
      const right = this.binary(token.text === '^' ? operator.level - 1 : operator.level);
      const first = left;
      left = (values) => operator.apply(first(values), right(values));
    }
  }

  private operand(): Evaluate {
    if (++this.depth > DEEPEST)
      throw new ExpressionError(t('The expression is nested too deeply.'), this.tokens[this.at]!.at);
    const operand = this.operandHere();
    this.depth--;
    return operand;
  }

  private operandHere(): Evaluate {
    if (this.accept('-')) {
      const operand = this.binary(MINUS_LEVEL);
      return (values) => -operand(values);
    }
    if (this.accept('(')) {
      const inner = this.binary(0);
      this.expect(')');
      return inner;
    }
    const token = this.next();
    if (token.kind === 'number') {
      const value = Number(token.text);
      return () => value;
    }
    if (token.kind === 'quoted') return this.metric(token);
    if (token.kind !== 'name')
      throw new ExpressionError(
        token.kind === 'end' ? t('It ends too early.') : t('“{0}” was not expected here.', token.text),
        token.at,
      );
    if (!this.isMetric(token.text) && this.accept('(')) return this.call(token);
    return this.metric(token);
  }

  private call(name: Token): Evaluate {
    const apply = Object.hasOwn(FUNCTIONS, name.text) ? FUNCTIONS[name.text] : undefined;
    if (apply === undefined)
      throw new ExpressionError(
        t('There is no function {0}. There are {1}.', name.text, Object.keys(FUNCTIONS).join(', ')),
        name.at,
      );
    const operands = [this.binary(0)];
    while (this.accept(',')) operands.push(this.binary(0));
    this.expect(')');
    return (values) => apply(...operands.map((operand) => operand(values)));
  }

  private metric({ text, at }: Token): Evaluate {
    if (!this.isMetric(text)) throw new ExpressionError(t('No metric is named {0}.', text), at);
    let index = this.keys.indexOf(text);
    if (index === -1) index = this.keys.push(text) - 1;
    return (values) => values[index]!;
  }
}

function tokens(text: string, isMetric: (key: string) => boolean): Token[] {
  const found: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const space = /^\s+/.exec(rest);
    if (space) {
      at += space[0].length;
      continue;
    }
    const token = tokenAt(rest, at, isMetric);
    found.push(token.token);
    at += token.length;
  }
  return [...found, { kind: 'end', text: '', at: text.length }];
}

function tokenAt(rest: string, at: number, isMetric: (key: string) => boolean): { token: Token; length: number } {
  const quoted = /^"([^"]*)"|^'([^']*)'/.exec(rest);
  if (quoted) return { token: { kind: 'quoted', text: quoted[1] ?? quoted[2]!, at }, length: quoted[0].length };
  const number = /^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?(?![\w.])/i.exec(rest);
  if (number) return { token: { kind: 'number', text: number[0], at }, length: number[0].length };
  const name = nameAt(rest, isMetric);
  if (name !== null) return { token: { kind: 'name', text: name, at }, length: name.length };
  const sign = rest[0]!;
  if (!'+-*/^(),'.includes(sign)) throw new ExpressionError(t('“{0}” was not expected here.', sign), at);
  return { token: { kind: 'sign', text: sign, at }, length: 1 };
}

/** The longest metric name that begins here, because `train/loss` may be one name or a quotient; else the word. */
function nameAt(rest: string, isMetric: (key: string) => boolean): string | null {
  const [word] = /^[\p{L}_][\p{L}\p{N}_.]*/u.exec(rest) ?? [];
  if (word === undefined) return null;
  const [long] = /^[\p{L}_][\p{L}\p{N}_./@:-]*/u.exec(rest)!;
  for (let end = long.length; end > word.length; end--) {
    const name = long.slice(0, end);
    if (isMetric(name)) return name;
  }
  return word;
}
