import { english, type Text } from '../../base/texts';
import { userError } from '../../protocol/apiError';

export interface Token {
  kind: 'word' | 'text' | 'number' | 'symbol' | 'end';
  text: string;
  /** Counted from 1. */
  column: number;
}

const SPACE = /\s+/y;
const SYMBOL = /!=|<=|>=|==|[=<>~(),[\]]/y;
const TEXT = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/sy;
/** Anything except symbols, quotes and spaces, such as paths with dots and dashes, and dates. */
const WORD = /[^\s=!<>~(),[\]"']+/y;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** The last token is always `end`. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? null;
    if (found !== null) at += found.length;
    return found;
  };
  while (at < text.length) {
    const column = at + 1;
    if (take(SPACE) !== null) continue;
    const symbol = take(SYMBOL);
    if (symbol !== null) {
      tokens.push({ kind: 'symbol', text: symbol === '==' ? '=' : symbol, column });
      continue;
    }
    const quoted = take(TEXT);
    if (quoted !== null) {
      tokens.push({ kind: 'text', text: unquote(quoted), column });
      continue;
    }
    const word = take(WORD);
    if (word === null) throw userError('query_syntax', problem(text[at]!), { column });
    tokens.push({ kind: NUMBER.test(word) ? 'number' : 'word', text: word, column });
  }
  tokens.push({ kind: 'end', text: '', column: text.length + 1 });
  return tokens;
}

function problem(character: string): Text {
  if (character === '"' || character === "'") return english`This quote is never closed.`;
  return english`${JSON.stringify(character)} was not expected here.`;
}

/** Only the quote and the backslash are escaped, so that patterns keep their own backslashes. */
function unquote(quoted: string): string {
  const quote = quoted[0]!;
  return quoted
    .slice(1, -1)
    .replace(/\\(.)/gs, (both, next: string) => (next === quote || next === '\\' ? next : both));
}
