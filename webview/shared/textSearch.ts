/** Find in the shown text: highlights matches without changing the page, and goes from one to the next. */
import { t } from '../../src/base/texts';
import { el, icon, iconButton, setText } from './dom';

const MOST = 2000;
const DELAY_MS = 150;
const ALL = 'xtrack-found';
const CURRENT = 'xtrack-current';

export class TextSearch {
  readonly element: HTMLElement;
  private readonly input = document.createElement('vscode-textfield');
  private readonly count = el('span', { class: 'muted number', role: 'status' });
  private found: Range[] = [];
  private at = -1;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `scope`: where Ctrl+F or ⌘F means this search. */
  constructor(
    private readonly within: HTMLElement,
    scope: HTMLElement,
    private readonly onText: (text: string) => void,
  ) {
    scope.addEventListener('keydown', (event) => {
      if (event.key !== 'f' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      // Keeps the editor from opening its own find widget.
      event.stopPropagation();
      this.input.focus();
    });
    this.input.placeholder = t('Find');
    this.input.label = t('Find');
    const mark = icon('search');
    mark.slot = 'content-before';
    this.input.append(mark);
    this.input.addEventListener('input', () => {
      this.onText(this.input.value);
      this.soon(true);
    });
    this.input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.go(event.shiftKey ? -1 : 1);
    });
    this.element = el(
      'div',
      { class: 'field search' },
      this.input,
      iconButton('arrow-up', t('Previous Match'), () => this.go(-1)),
      iconButton('arrow-down', t('Next Match'), () => this.go(1)),
      this.count,
    );
  }

  /** Searches and highlights, but does not scroll. */
  set(text: string): void {
    if (this.input.value === text) return;
    this.input.value = text;
    this.soon(false);
  }

  /** The text has changed: searches again. */
  changed(): void {
    if (this.input.value !== '') this.soon(false);
  }

  private soon(jump: boolean): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.find();
      if (jump && this.found.length > 0) this.go(0);
    }, DELAY_MS);
  }

  private find(): void {
    const wanted = this.input.value.toLowerCase();
    this.found = wanted === '' ? [] : rangesOf(this.within, wanted);
    this.at = Math.min(Math.max(this.at, 0), this.found.length - 1);
    this.mark();
  }

  private go(by: number): void {
    if (this.found.length === 0) return;
    this.at = (this.at + by + this.found.length) % this.found.length;
    this.mark();
    this.found[this.at]?.startContainer.parentElement?.scrollIntoView({ block: 'center' });
  }

  private mark(): void {
    const current = this.found[this.at];
    CSS.highlights.set(ALL, new Highlight(...this.found));
    CSS.highlights.set(CURRENT, new Highlight(...(current ? [current] : [])));
    const total = this.found.length === MOST ? `${MOST}+` : String(this.found.length);
    setText(this.count, this.input.value === '' ? '' : t('{0} of {1}', current ? this.at + 1 : 0, total));
  }
}

/** Searches within single text nodes: matches across differently coloured parts are not found. */
function rangesOf(within: HTMLElement, wanted: string): Range[] {
  const found: Range[] = [];
  const walker = document.createTreeWalker(within, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null && found.length < MOST; node = walker.nextNode()) {
    const text = node.nodeValue!.toLowerCase();
    for (
      let at = text.indexOf(wanted);
      at !== -1 && found.length < MOST;
      at = text.indexOf(wanted, at + wanted.length)
    ) {
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + wanted.length);
      found.push(range);
    }
  }
  return found;
}
