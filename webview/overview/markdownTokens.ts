/**
 * Markdown as tokens, by marked's lexer, within bounds: notes may come from anybody, and may be made to keep a parser busy.
 * What is beyond a bound stays the text that it is.
 */
import { Lexer, type MarkedToken, type Token, Tokenizer } from 'marked';

/** Longer notes are cut after so many characters. */
const LONGEST = 100_000;
/** How deep quotes and lists may be nested. */
const DEEPEST = 8;
/** In a longer paragraph, heading or cell, emphasis and links are not looked for. */
const LONGEST_INLINE = 2000;
/** Looking for them takes time up to the square of the length; this is the budget for all of them together. */
const MOST_INLINE = 100_000_000;

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

export function markdownTokens(source: string): Markdown {
  const lexer = new Lexer({ gfm: true, tokenizer: new BoundedTokenizer() });
  const tokens: Token[] = [];
  lexer.blockTokens(source.slice(0, LONGEST).replaceAll(/\r\n?/g, '\n'), tokens);
  let left = MOST_INLINE;
  for (const { src, tokens: inline } of lexer.inlineQueue) {
    const cost = src.length ** 2;
    if (src.length > LONGEST_INLINE || cost > left) inline.push({ type: 'text', raw: src, text: src, escaped: false });
    else {
      left -= cost;
      lexer.inlineTokens(src, inline);
    }
  }
  return { tokens: known(tokens), isCut: source.length > LONGEST };
}

/** Without extensions, marked makes no other tokens. */
export function known(tokens: Token[] | undefined): MarkedToken[] {
  return (tokens ?? []) as MarkedToken[];
}
