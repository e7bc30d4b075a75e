/**
 * Markdown as tokens, by marked's lexer, within bounds: notes may come from anybody, and may be made to keep a parser busy.
 * What is beyond a bound stays the text that it is.
 */
import { Lexer, type MarkedToken, type Token, Tokenizer } from 'marked';

/** Longer notes are cut after this many characters, or lines: each line of a list or quote is read again and again. */
const LONGEST = 100_000;
const MOST_LINES = 2000;
/** How deep quotes and lists may be nested. */
const DEEPEST = 8;
/** In a longer paragraph, heading or cell, emphasis and links are not looked for. */
const LONGEST_INLINE = 2000;
/** Looking for them takes time up to the square of the length; this is the budget for all of them together. */
const MOST_INLINE = 20_000_000;

class BoundedTokenizer extends Tokenizer {
  private depth = 0;

  override blockquote(source: string): ReturnType<Tokenizer['blockquote']> {
    return this.within(() => super.blockquote(source));
  }

  override list(source: string): ReturnType<Tokenizer['list']> {
    return this.within(() => super.list(source));
  }

  private within<T>(read: () => T): T | undefined {
    if (this.depth >= DEEPEST) return undefined;
    this.depth++;
    try {
      return read();
    } finally {
      this.depth--;
    }
  }
}

export interface Markdown {
  tokens: MarkedToken[];
  /** Not all of it was read. */
  isCut: boolean;
}

let last: { source: string; markdown: Markdown } | undefined;

/** Notes are drawn again whenever their run changes, and read only when they changed themselves. */
export function markdownTokens(source: string): Markdown {
  if (last?.source !== source) last = { source, markdown: read(source) };
  return last.markdown;
}

function read(source: string): Markdown {
  const lexer = new Lexer({ gfm: true, tokenizer: new BoundedTokenizer() });
  const tokens: Token[] = [];
  const lines = source.slice(0, LONGEST).split(/\r\n?|\n/);
  lexer.blockTokens(lines.slice(0, MOST_LINES).join('\n'), tokens);
  let left = MOST_INLINE;
  for (const { src, tokens: inline } of lexer.inlineQueue) {
    const cost = src.length ** 2;
    if (src.length > LONGEST_INLINE || cost > left) inline.push({ type: 'text', raw: src, text: src, escaped: false });
    else {
      left -= cost;
      lexer.inlineTokens(src, inline);
    }
  }
  return { tokens: known(tokens), isCut: source.length > LONGEST || lines.length > MOST_LINES };
}

/** Without extensions, marked makes no other tokens. */
export function known(tokens: Token[] | undefined): MarkedToken[] {
  return (tokens ?? []) as MarkedToken[];
}
