/** The dialog for a custom chart: one metric or expression per line. */
import { t } from '../../src/base/texts';
import { parseExpression } from '../../src/domain/metric/expression';
import { code, el, filled, setText } from '../shared/dom';
import { CUSTOM } from '../model/metricGroups';
import type { PanelModel } from '../model/panelModel';
import type { GridStore } from './gridState';

const MOST_NAMES = 40;

export class ChartEditor {
  private readonly lines = el('textarea', {
    rows: 4,
    spellcheck: 'false',
    'aria-label': t('Metrics or expressions, one per line'),
  });
  private readonly problem = el('p', { class: 'editor-problem', role: 'status' });
  private readonly names = el('div', { class: 'editor-names', role: 'group', 'aria-label': t('Metrics') });
  private readonly save = document.createElement('vscode-button');
  private readonly element: HTMLDialogElement;
  private id: string | null = null;

  constructor(
    private readonly model: PanelModel,
    private readonly store: GridStore,
  ) {
    const cancel = document.createElement('vscode-button');
    cancel.setAttribute('secondary', '');
    cancel.append(t('Cancel'));
    cancel.addEventListener('click', () => this.element.close());
    this.save.append(t('Show Chart'));
    this.save.addEventListener('click', () => this.done());
    this.lines.addEventListener('input', () => this.check());
    this.lines.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.done();
    });
    this.element = el(
      'dialog',
      { class: 'chart-editor', 'aria-labelledby': 'chart-editor-title' },
      el('h2', { id: 'chart-editor-title' }, t('Chart Lines')),
      el(
        'p',
        { class: 'muted' },
        ...filled(
          t('Enter one metric or expression per line, for example {0} or {1}.'),
          code('val_loss - train_loss'),
          code('log10("train/loss")'),
        ),
      ),
      this.lines,
      this.problem,
      this.names,
      el('div', { class: 'editor-buttons' }, cancel, this.save),
    );
    // In the page only while it is open: each tab of charts has one.
    this.element.addEventListener('close', () => this.element.remove());
  }

  dispose(): void {
    this.element.remove();
  }

  /** `id`: a custom chart to edit, or a metric to start a new chart with. */
  open(id: string | null): void {
    const custom = this.store.state.custom.find((one) => one.id === id);
    this.id = custom?.id ?? null;
    this.lines.value = custom?.lines.join('\n') ?? (id === null ? '' : `${quoted(id)}\n`);
    const names = [...this.model.metricKeys()].sort().slice(0, MOST_NAMES);
    this.names.replaceChildren(...names.map((name) => this.nameButton(name)));
    this.check();
    document.body.append(this.element);
    this.element.showModal();
    this.lines.focus();
  }

  private nameButton(name: string): HTMLElement {
    const button = el('button', { class: 'chip', type: 'button' }, name);
    button.addEventListener('click', () => {
      this.lines.setRangeText(quoted(name), this.lines.selectionStart, this.lines.selectionEnd, 'end');
      this.lines.focus();
      this.check();
    });
    return button;
  }

  /** Shows mistakes while typing. A metric that was not logged yet is not a mistake. */
  private check(): boolean {
    const lines = this.wanted();
    const problem = lines.flatMap((line) => {
      const parsed = this.parse(line);
      return parsed.ok ? [] : [`${line}: ${parsed.message}`];
    })[0];
    setText(this.problem, problem ?? '');
    this.save.disabled = lines.length === 0 || problem !== undefined;
    return !this.save.disabled;
  }

  private parse(line: string): ReturnType<typeof parseExpression> {
    const keys = new Set(this.model.metricKeys());
    return parseExpression(line, (key) => keys.has(key));
  }

  private wanted(): string[] {
    return this.lines.value
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
  }

  private done(): void {
    if (!this.check()) return;
    const { custom, collapsed } = this.store.state;
    // A quoted name by itself means that metric.
    const lines = this.wanted().map((line) => this.plainName(line));
    const id = this.id ?? freshId(custom.map((one) => one.id));
    const before = custom.filter((one) => one.id !== id);
    const at = custom.findIndex((one) => one.id === id);
    before.splice(at === -1 ? before.length : at, 0, { id, lines });
    this.store.patch({ custom: before, collapsed: collapsed.filter((name) => name !== CUSTOM) });
    this.element.close();
  }

  private plainName(line: string): string {
    const name = /^"([^"]*)"$/.exec(line)?.[1];
    return name !== undefined && this.model.metricKeys().includes(name) ? name : line;
  }
}

/** Quotes a name unless it parses as a single name. */
function quoted(name: string): string {
  return /^[\p{L}_][\p{L}\p{N}_./]*$/u.test(name) ? name : `"${name}"`;
}

/** No metric's key has a NUL. */
function freshId(taken: string[]): string {
  let n = taken.length + 1;
  while (taken.includes(`\0${n}`)) n++;
  return `\0${n}`;
}
