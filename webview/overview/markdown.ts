/**
 * Markdown as elements. Raw HTML stays the text that it is; links only lead to the web, and pictures are named, not fetched:
 * notes may come from anybody.
 */
import type { MarkedToken, Tokens } from 'marked';
import { t } from '../../src/base/texts';
import { el } from '../shared/dom';
import { known, markdownTokens } from './markdownTokens';

type Open = (url: string) => void;
type Children = (Node | string)[];

export function markdown(source: string, open: Open): HTMLElement {
  const { tokens, isCut } = markdownTokens(source);
  const root = el('div', { class: 'markdown' });
  root.append(...elements(tokens, open));
  if (isCut) root.append(el('p', { class: 'muted' }, t('These notes are too long to show here in full.')));
  return root;
}

function elements(tokens: readonly MarkedToken[], open: Open): Children {
  return tokens.flatMap((token) => element(token, open));
}

function element(token: MarkedToken, open: Open): Children {
  switch (token.type) {
    case 'space':
    case 'def':
      return [];
    case 'hr':
      return [el('hr')];
    case 'code':
      return [el('pre', { tabindex: 0 }, el('code', {}, token.text))];
    case 'heading': {
      // Below the page's own headings.
      const level = Math.min(6, token.depth + 2);
      return [el(`h${level}` as 'h3', {}, ...inner(token, open))];
    }
    case 'paragraph':
      return [el('p', {}, ...inner(token, open))];
    case 'blockquote':
      return [el('blockquote', {}, ...inner(token, open))];
    case 'list': {
      const items = token.items.map((item) => el('li', {}, ...inner(item, open)));
      return [token.ordered ? el('ol', { start: Number(token.start) }, ...items) : el('ul', {}, ...items)];
    }
    case 'list_item':
      return inner(token, open);
    case 'table':
      return [table(token, open)];
    case 'html':
      return token.block ? [el('p', {}, token.raw.trimEnd())] : [token.raw];
    case 'checkbox':
      return [token.checked ? '☑ ' : '☐ '];
    case 'strong':
    case 'em':
      return [el(token.type, {}, ...inner(token, open))];
    case 'del':
      return [el('s', {}, ...inner(token, open))];
    case 'codespan':
      return [el('code', {}, token.text)];
    case 'br':
      return [el('br')];
    case 'image':
      return [el('span', { class: 'muted' }, `[${token.text || t('image')}]`)];
    case 'link':
      return [link(token, open)];
    case 'text':
      return 'tokens' in token && token.tokens !== undefined ? inner(token, open) : [token.text];
    case 'escape':
      return [token.text];
  }
}

function inner({ tokens }: { tokens?: Tokens.Generic['tokens'] }, open: Open): Children {
  return elements(known(tokens), open);
}

function link({ href, raw, ...token }: Tokens.Link, open: Open): HTMLElement | string {
  if (!/^https?:\/\//i.test(href)) return raw;
  const button = el('button', { class: 'link', type: 'button', title: href, role: 'link' }, ...inner(token, open));
  button.addEventListener('click', () => open(href));
  return button;
}

function table({ header, rows }: Tokens.Table, open: Open): HTMLElement {
  return el(
    'table',
    { class: 'rows' },
    el('thead', {}, el('tr', {}, ...header.map((cell) => el('th', { scope: 'col' }, ...inner(cell, open))))),
    el('tbody', {}, ...rows.map((cells) => el('tr', {}, ...cells.map((cell) => el('td', {}, ...inner(cell, open)))))),
  );
}
