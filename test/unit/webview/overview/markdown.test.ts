import type { MarkedToken } from 'marked';
import { describe, expect, it, test } from 'vitest';
import { known, markdownTokens } from '../../../../webview/overview/markdownTokens';

/** Every token, with those within it. */
function* all(tokens: readonly MarkedToken[]): Iterable<MarkedToken> {
  for (const token of tokens) {
    yield token;
    if (token.type === 'list') for (const item of token.items) yield* all(known(item.tokens));
    else if ('tokens' in token) yield* all(known(token.tokens));
  }
}

function deepest(tokens: readonly MarkedToken[]): number {
  return tokens.reduce((most, token) => {
    const inner = token.type === 'list' ? token.items.flatMap((item) => known(item.tokens)) : [];
    const below = 'tokens' in token ? known(token.tokens) : inner;
    return Math.max(most, 1 + deepest([...below, ...inner]));
  }, 0);
}

const typesOf = (source: string): string[] => [...all(markdownTokens(source).tokens)].map(({ type }) => type);

describe('markdown', () => {
  it('has paragraphs, lists, tables, code and emphasis', () => {
    const source = '# a\n\n*b* **c** `d` ~~e~~\n\n- [x] f\n  1. g\n\n| h |\n|---|\n| i |\n\n```\nj\n```\n> k';
    const types = ['heading', 'paragraph', 'em', 'strong', 'codespan', 'del', 'list', 'checkbox', 'table', 'code'];
    expect(typesOf(source)).toEqual(expect.arrayContaining([...types, 'blockquote']));
  });

  it('accepts the line ends of every system', () => {
    expect(typesOf('# a\r\n\r\n- b\r\n')).toEqual(typesOf('# a\n\n- b\n'));
    expect(typesOf('# a\r\r- b\r')).toEqual(typesOf('# a\n\n- b\n'));
  });

  it('says when it is too long to be shown completely', () => {
    expect(markdownTokens('a'.repeat(100_000)).isCut).toBe(false);
    expect(markdownTokens('a'.repeat(100_001)).isCut).toBe(true);
  });
});

describe('hostile markdown', () => {
  const MB = 1_000_000;
  const repeated = (piece: string): string => piece.repeat(MB / piece.length);
  const stairs = (indent: number): string =>
    Array.from({ length: 300 }, (_, i) => `${' '.repeat(indent * i)}- a`).join('\n');

  test.each([
    ...['_a_b ', '*a **b ', '~~a ', '*_', 'a**b', '`a ', '[', '![a](', '[a](b "c ', '<a href="', '<!-- ', '<', '&amp;'],
    ...[
      '> ',
      '> - ',
      '- ',
      '- a\n',
      '1. a\n',
      '|',
      '|a|b|\n',
      '[a]: b\n',
      'a\n==\n',
      '```\n',
      'www.',
      'a@',
      '\\',
      '\n',
    ],
  ])('of a megabyte of %j renders quickly', { timeout: 60_000 }, (piece) => {
    const began = process.cpuUsage().user;
    const { tokens } = markdownTokens(repeated(piece));
    expect(process.cpuUsage().user - began).toBeLessThan(3e6);
    expect([...all(tokens)].length).toBeGreaterThan(0);
  });

  test.each([
    ['a list', `- a\n${'b\n'.repeat(50_000)}`],
    ['nested lists', `- - - - - - - a\n${'b\n'.repeat(10_000)}`],
    ['a list in quotes', `> > - a\n${'b\n'.repeat(50_000)}`],
  ])('with thousands of lazy lines in %s renders quickly, and again without being read', (_name, source) => {
    const began = process.cpuUsage().user;
    const read = markdownTokens(source);
    expect(process.cpuUsage().user - began).toBeLessThan(3e6);
    expect(read.isCut).toBe(true);
    expect(markdownTokens(source)).toBe(read);
  });

  it.each([
    ['quotes', '> '.repeat(5000)],
    ['lists', '- '.repeat(5000)],
    ['quotes of lists', '> - '.repeat(5000)],
    ['lists a step further in each', stairs(1)],
    ['lists two steps further in each', stairs(2)],
  ])('of nested %s has a bounded depth and keeps its text', (_, source) => {
    const { tokens } = markdownTokens(source);
    expect(deepest(tokens)).toBeLessThan(30);
    expect(tokens.map(({ raw }) => raw).join('') === source).toBe(true);
  });

  it('shows HTML as text', () => {
    const html = '<script>alert(1)</script>\n\na <img src=x onerror=alert(1)> b';
    const found = [...all(markdownTokens(html).tokens)].filter(({ type }) => type === 'html');
    expect(found.map(({ raw }) => raw.trim())).toEqual(['<script>alert(1)</script>', '<img src=x onerror=alert(1)>']);
  });
});
