/**
 * The filter language: `status = failed and metrics.val_acc.max > 0.9 and name ~ "resnet.*"`. This is the parser;
 * the store compiles its result to SQL. Errors carry their column, counted from 1.
 */
import { RE2JS } from 're2js';
import { english, type Text } from '../../base/texts';
import { messageOf } from '../../base/unknown';
import { userError } from '../../protocol/apiError';
import {
  COLUMNS,
  type Column,
  type CompareOp,
  type Expression,
  type Field,
  type Query,
  type Stat,
  type Value,
} from './ast';
import { tokenize, type Token } from './tokens';

const TIMES = new Set<Column>(['created', 'started', 'ended', 'trashed']);
const SIZES = new Set<Column>(['size', 'files_size']);
const STATS = new Set(['last', 'min', 'max', 'mean']);
const COMPARE = new Set(['=', '!=', '<', '<=', '>', '>=']);
const MAX_DEPTH = 100;

export interface QueryOptions {
  /** Any other word is taken as the name of a metric: `val_loss.min > 10`. */
  metrics?: boolean;
}

/** `now` is what relative times such as `-2h` count from, epoch ms. */
export function parseQuery(text: string, now: number = Date.now(), options: QueryOptions = {}): Query {
  const tokens = tokenize(text);
  return tokens.length === 1 ? null : new Parser(tokens, now, options).parse();
}

class Parser {
  private at = 0;
  private depth = 0;

  constructor(
    private readonly tokens: Token[],
    private readonly now: number,
    private readonly options: QueryOptions,
  ) {}

  parse(): Expression {
    const expression = this.either();
    const rest = this.peek();
    if (rest.kind !== 'end') throw fail(rest, english`Expected "and", "or" or the end, found ${show(rest)}.`);
    return expression;
  }

  private either(): Expression {
    return this.chain('or', () => this.both());
  }

  private both(): Expression {
    return this.chain('and', () => this.negation());
  }

  private chain(kind: 'and' | 'or', part: () => Expression): Expression {
    const of = [part()];
    while (this.takeWord(kind)) of.push(part());
    return of.length === 1 ? of[0]! : { kind, of };
  }

  private negation(): Expression {
    const token = this.peek();
    if (++this.depth > MAX_DEPTH) throw fail(token, english`The query is nested too deeply.`);
    try {
      if (this.takeWord('not')) return { kind: 'not', of: this.negation() };
      if (!this.takeSymbol('(')) return this.comparison();
      const inner = this.either();
      if (!this.takeSymbol(')')) throw fail(this.peek(), english`Expected ")", found ${show(this.peek())}.`);
      return inner;
    } finally {
      this.depth--;
    }
  }

  private comparison(): Expression {
    const field = this.field();
    const token = this.peek();
    // `starred` alone means that it is true.
    const isComparison = token.kind === 'symbol' && token.text !== ')';
    if (!isComparison && !isWord(token, 'in') && field.kind === 'column' && field.name === 'starred')
      return { kind: 'compare', field, op: '=', value: true };
    this.at++;
    if (token.kind === 'symbol' && COMPARE.has(token.text))
      return { kind: 'compare', field, op: token.text as CompareOp, value: this.value(field) };
    if (token.kind === 'symbol' && token.text === '~') return this.match(field);
    if (isWord(token, 'in')) return { kind: 'in', field, values: this.values(field) };
    throw fail(token, english`Expected a comparison (= != < <= > >= ~ in), found ${show(token)}.`);
  }

  private match(field: Field): Expression {
    const token = this.next();
    if (token.kind !== 'word' && token.kind !== 'text' && token.kind !== 'number')
      throw fail(token, english`Expected a pattern after "~", found ${show(token)}.`);
    try {
      RE2JS.compile(token.text);
    } catch (error) {
      throw fail(token, english`Not a pattern: ${messageOf(error)}.`);
    }
    return { kind: 'match', field, pattern: token.text };
  }

  private values(field: Field): Value[] {
    if (!this.takeSymbol('(')) throw fail(this.peek(), english`Expected "(" after "in", found ${show(this.peek())}.`);
    const values = [this.value(field)];
    while (this.takeSymbol(',')) values.push(this.value(field));
    if (!this.takeSymbol(')')) throw fail(this.peek(), english`Expected "," or ")", found ${show(this.peek())}.`);
    return values;
  }

  private value(field: Field): Value {
    const token = this.next();
    if (field.kind === 'column' && TIMES.has(field.name)) return this.time(token);
    if (token.kind === 'number') return Number(token.text);
    if (field.kind === 'column' && SIZES.has(field.name)) return size(token);
    if (token.kind === 'text') return token.text;
    if (token.kind !== 'word') throw fail(token, english`Expected a value, found ${show(token)}.`);
    const word = token.text.toLowerCase();
    return word === 'true' ? true : word === 'false' ? false : token.text;
  }

  /** Epoch ms from a number, an ISO date, or a time span back from now: -30m, -2h, -7d. */
  private time(token: Token): number {
    if (token.kind === 'number') return Number(token.text);
    const span = /^-(\d+(?:\.\d+)?)([smhdw])$/.exec(token.text);
    if (span) return this.now - Number(span[1]) * { s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 }[span[2]!]!;
    const ms = /^\d{4}-\d\d/.test(token.text) ? Date.parse(token.text) : NaN;
    if (token.kind === 'symbol' || token.kind === 'end' || Number.isNaN(ms))
      throw fail(token, english`Expected a time such as 2025-01-31 or -2h, found ${show(token)}.`);
    return ms;
  }

  private field(): Field {
    const token = this.next();
    if (token.kind !== 'word' || ['and', 'or', 'not', 'in'].includes(token.text.toLowerCase()))
      throw fail(token, english`Expected a field such as status, params.lr or metrics.loss.min, found ${show(token)}.`);
    const dot = token.text.indexOf('.');
    const room = dot < 0 ? token.text : token.text.slice(0, dot);
    let key = dot < 0 ? '' : token.text.slice(dot + 1);
    if (room !== 'params' && room !== 'metrics' && room !== 'tags') return this.plain(token);
    let quoted = false;
    if (dot < 0 && this.takeSymbol('[')) {
      key = this.bracketKey();
      quoted = true;
    }
    if (key === '') throw fail(token, english`Expected a key: ${room}.key or ${room}["key"].`);
    if (room === 'params') return { kind: 'param', key };
    if (room === 'tags') return { kind: 'tag', key };
    return quoted ? { kind: 'metric', key, stat: this.bracketStat() } : metric(key);
  }

  private plain(token: Token): Field {
    const name = COLUMNS.find((known) => known === token.text.toLowerCase());
    if (name) return { kind: 'column', name };
    if (this.options.metrics) return metric(token.text);
    throw fail(
      token,
      english`There is no field ${show(token)}: use ${COLUMNS.join(', ')}, params.…, metrics.… or tags.…`,
    );
  }

  private bracketKey(): string {
    const token = this.next();
    if (token.kind !== 'text') throw fail(token, english`Expected a key in quotes, found ${show(token)}.`);
    if (!this.takeSymbol(']')) throw fail(this.peek(), english`Expected "]", found ${show(this.peek())}.`);
    return token.text;
  }

  /** `.max` behind a bracket; the tokenizer makes it a word of its own. */
  private bracketStat(): Stat {
    const token = this.peek();
    if (token.kind !== 'word' || !token.text.startsWith('.')) return 'last';
    const stat = token.text.slice(1);
    if (!STATS.has(stat)) throw fail(token, english`Expected .last, .min, .max or .mean, found ${show(token)}.`);
    this.at++;
    return stat as Stat;
  }

  private peek(): Token {
    return this.tokens[this.at]!;
  }

  private next(): Token {
    const token = this.peek();
    if (token.kind !== 'end') this.at++;
    return token;
  }

  private takeWord(word: string): boolean {
    if (!isWord(this.peek(), word)) return false;
    this.at++;
    return true;
  }

  private takeSymbol(symbol: string): boolean {
    const token = this.peek();
    if (token.kind !== 'symbol' || token.text !== symbol) return false;
    this.at++;
    return true;
  }
}

/** Bytes from 200MB, 1.5G, "20 kB". */
function size(token: Token): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?([kmgt]?)b?$/i.exec(token.text) ?? [];
  if (number === undefined) throw fail(token, english`Expected a size such as 200MB or 1.5GB, found ${show(token)}.`);
  return Number(number) * 1000 ** ['', 'k', 'm', 'g', 't'].indexOf(unit!.toLowerCase());
}

function metric(path: string): Field {
  const dot = path.lastIndexOf('.');
  const stat = path.slice(dot + 1);
  if (dot > 0 && STATS.has(stat)) return { kind: 'metric', key: path.slice(0, dot), stat: stat as Stat };
  return { kind: 'metric', key: path, stat: 'last' };
}

function isWord(token: Token, word: string): boolean {
  return token.kind === 'word' && token.text.toLowerCase() === word;
}

function show(token: Token): string | Text {
  return token.kind === 'end' ? english`the end of the query` : `"${token.text}"`;
}

function fail(token: Token, message: Text): Error {
  return userError('query_syntax', message, { column: token.column });
}
