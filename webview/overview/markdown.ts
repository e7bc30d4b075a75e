/**
 * Markdown as elements. What it does not know, raw HTML above all, stays the text that it is; links only lead to the web, and
 * pictures are named, not fetched: notes may come from anybody.
 */
import { t } from '../../src/base/texts';
import { el } from '../shared/dom';

type Open = (url: string) => void;

const FENCE = /^\s*(```+|~~~+)/;
const HEADING = /^(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/;
const RULE = /^\s*([-*_])(\s*\1){2,}\s*$/;
const ROW = /^\s*\|(.+)\|\s*$/;
const ROW_RULE = /^\s*\|[\s:|-]+\|\s*$/;
// Everything has its longest length: notes may be made to take a search for its end through all of them again and again.
const INLINE =
  /(?<!`)(`{1,3})(?!`)([\s\S]{0,999}?[^`])\1(?!`)|!\[([^\]]{0,500})\]\([^)\s]{0,999}\)|\[([^\]]{1,500})\]\((https?:\/\/[^\s)]{1,999})\)|(https?:\/\/[^\s<>)\]]{0,999}[^\s<>)\].,;:!?])|\*\*(\S(?:[\s\S]{0,999}?\S)?)\*\*|__(\S(?:[\s\S]{0,999}?\S)?)__|~~(\S(?:[\s\S]{0,999}?\S)?)~~|(?<![\w*])\*([^\s*](?:[^*]{0,999}[^\s*])?)\*(?![\w*])|(?<!\w)_([^\s_](?:[^_]{0,999}[^\s_])?)_(?!\w)|\\([\\`*_{}[\]()#+\-.!|~])/g;
/** Emphasis within emphasis; deeper, and it is shown as it was written. */
const DEEPEST = 4;

export function markdown(text: string, open: Open): HTMLElement {
  const root = el('div', { class: 'markdown' });
  root.append(...blocks(text.replaceAll('\r\n', '\n').split('\n'), open, 0));
  return root;
}

function blocks(lines: string[], open: Open, depth: number): HTMLElement[] {
  const out: HTMLElement[] = [];
  let at = 0;
  const take = (belongs: (line: string) => boolean): string[] => {
    const from = at;
    while (at < lines.length && belongs(lines[at]!)) at++;
    return lines.slice(from, at);
  };
  while (at < lines.length) {
    const line = lines[at]!;
    const fence = FENCE.exec(line)?.[1];
    const heading = HEADING.exec(line);
    if (line.trim() === '') at++;
    else if (fence !== undefined) {
      at++;
      const code = take((one) => !one.trim().startsWith(fence));
      at++;
      out.push(el('pre', { tabindex: 0 }, el('code', {}, code.join('\n'))));
    } else if (heading) {
      at++;
      // Below the page's own headings.
      const level = Math.min(6, heading[1]!.length + 2);
      out.push(withInline(el(`h${level}` as 'h3', {}), heading[2]!, open));
    } else if (RULE.test(line)) {
      at++;
      out.push(el('hr'));
    } else if (line.startsWith('>') && depth < DEEPEST) {
      const quoted = take((one) => one.startsWith('>')).map((one) => one.replace(/^> ?/, ''));
      out.push(el('blockquote', {}, ...blocks(quoted, open, depth + 1)));
    } else if (ROW.test(line) && ROW_RULE.test(lines[at + 1] ?? ''))
      out.push(
        table(
          take((one) => ROW.test(one)),
          open,
        ),
      );
    else if (ITEM.test(line))
      out.push(
        list(
          take((one) => ITEM.test(one) || /^\s+\S/.test(one)),
          open,
          depth,
        ),
      );
    else {
      const first = at++;
      take(
        (one) => one.trim() !== '' && !FENCE.test(one) && !HEADING.test(one) && !ITEM.test(one) && !one.startsWith('>'),
      );
      out.push(withInline(el('p', {}), lines.slice(first, at).join('\n'), open));
    }
  }
  return out;
}

/** What is indented belongs to the item above it. */
function list(lines: string[], open: Open, depth: number): HTMLElement {
  const [, indent = '', mark = '-'] = ITEM.exec(lines[0]!) ?? [];
  const node = /\d/.test(mark) ? el('ol', { start: Number.parseInt(mark, 10) }) : el('ul');
  let item: HTMLElement | undefined;
  let inner: string[] = [];
  const close = (): void => {
    if (inner.length > 0 && depth < DEEPEST) item?.append(...blocks(inner, open, depth + 1));
    inner = [];
  };
  for (const line of lines) {
    const [, own = '', , text = ''] = ITEM.exec(line) ?? [];
    if (ITEM.test(line) && own.length <= indent.length) {
      close();
      const [, done, rest] = /^\[([ xX])\]\s+(.*)$/.exec(text) ?? [];
      item = withInline(el('li', {}), rest ?? text, open);
      if (done !== undefined) item.prepend(done === ' ' ? '☐ ' : '☑ ');
      node.append(item);
    } else inner.push(line.slice(Math.min(line.length - line.trimStart().length, indent.length + 2)));
  }
  close();
  return node;
}

function table(lines: string[], open: Open): HTMLElement {
  const cells = (line: string): string[] =>
    ROW.exec(line)![1]!
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll('\\|', '|'));
  const [head = '', , ...rows] = lines;
  return el(
    'table',
    { class: 'rows' },
    el('thead', {}, el('tr', {}, ...cells(head).map((cell) => withInline(el('th', { scope: 'col' }), cell, open)))),
    el(
      'tbody',
      {},
      ...rows.map((row) => el('tr', {}, ...cells(row).map((cell) => withInline(el('td', {}), cell, open)))),
    ),
  );
}

function withInline<T extends HTMLElement>(node: T, text: string, open: Open, depth = 0): T {
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    node.append(text.slice(at, match.index), inline(match, open, depth));
    at = match.index + match[0].length;
  }
  node.append(text.slice(at));
  return node;
}

function inline(match: RegExpExecArray, open: Open, depth: number): Node | string {
  const [whole, , code, picture, label, url, bare, strong, strong2, struck, soft, soft2, escaped] = match;
  if (code !== undefined) return el('code', {}, code.trim());
  if (picture !== undefined) return el('span', { class: 'muted' }, `[${picture || t('picture')}]`);
  if (escaped !== undefined) return escaped;
  const target = url ?? bare;
  if (target !== undefined) {
    const link = el('button', { class: 'link', type: 'button', title: target, role: 'link' }, label ?? target);
    link.addEventListener('click', () => open(target));
    return link;
  }
  if (depth >= DEEPEST) return whole;
  if (struck !== undefined) return withInline(el('s', {}), struck, open, depth + 1);
  const bold = strong ?? strong2;
  if (bold !== undefined) return withInline(el('strong', {}), bold, open, depth + 1);
  return withInline(el('em', {}), (soft ?? soft2)!, open, depth + 1);
}
