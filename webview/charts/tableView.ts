/** A logged table: sorted by a click on a column, filtered by what is typed, as many rows as anybody reads. */
import { t } from '../../src/base/texts';
import type { Json } from '../../src/protocol/events';
import { formatCount, formatNumber } from '../../src/domain/format';
import { el, icon, setAttribute, setText } from '../shared/dom';

const MOST_SHOWN = 200;

export class TableView {
  readonly element: HTMLElement;
  private readonly body = el('tbody', {});
  private readonly heads: HTMLElement[];
  private readonly note = el('p', { class: 'muted' });
  private readonly filter = document.createElement('vscode-textfield');
  private sorted: { column: number; down: boolean } | null = null;

  constructor(
    private readonly columns: string[],
    private readonly rows: Json[][],
    private readonly total: number,
    name: string,
  ) {
    this.heads = columns.map((name, i) => this.head(name, i));
    this.filter.placeholder = t('Filter rows');
    this.filter.label = t('Filter rows');
    this.filter.append(slotted());
    this.filter.addEventListener('input', () => this.draw());
    this.element = el(
      'div',
      { class: 'logged-table' },
      rows.length > 8 && this.filter,
      el(
        'div',
        { class: 'logged-rows', tabindex: 0, role: 'region', 'aria-label': t('Rows of {0}', name) },
        el('table', { class: 'rows' }, el('thead', {}, el('tr', {}, ...this.heads)), this.body),
      ),
      this.note,
    );
    this.draw();
  }

  private head(name: string, column: number): HTMLElement {
    const button = el('button', { class: 'link column', type: 'button' }, name);
    button.addEventListener('click', () => {
      this.sorted = { column, down: this.sorted?.column === column && !this.sorted.down };
      this.draw();
    });
    return el('th', { scope: 'col' }, button);
  }

  private draw(): void {
    const wanted = this.filter.value.trim().toLowerCase();
    const found =
      wanted === ''
        ? [...this.rows]
        : this.rows.filter((row) => row.some((cell) => textOf(cell).toLowerCase().includes(wanted)));
    const { sorted } = this;
    if (sorted !== null) {
      found.sort((a, b) => compare(a[sorted.column], b[sorted.column]));
      if (sorted.down) found.reverse();
    }
    this.heads.forEach((head, i) => {
      const how = sorted?.column !== i ? 'none' : sorted.down ? 'descending' : 'ascending';
      setAttribute(head, 'aria-sort', how);
    });
    this.body.replaceChildren(...found.slice(0, MOST_SHOWN).map((row) => this.row(row)));
    setText(this.note, this.noteText(found.length));
    this.note.hidden = this.note.textContent === '';
  }

  private row(row: Json[]): HTMLElement {
    const cells = this.columns.map((_, i) => {
      const cell = row[i];
      return el('td', { class: typeof cell === 'number' ? 'number' : undefined }, textOf(cell));
    });
    return el('tr', {}, ...cells);
  }

  private noteText(found: number): string {
    const parts = [];
    if (this.rows.length === 0) parts.push(t('No rows.'));
    else if (found === 0) parts.push(t('No row matches.'));
    else if (found > MOST_SHOWN)
      parts.push(t('{0} of {1} rows are shown: filter to see others.', formatCount(MOST_SHOWN), formatCount(found)));
    if (this.total > this.rows.length)
      parts.push(
        t(
          'Of {0} rows that were logged, the first {1} were kept.',
          formatCount(this.total),
          formatCount(this.rows.length),
        ),
      );
    return parts.join(' ');
  }
}

function textOf(cell: Json | undefined): string {
  if (cell === undefined || cell === null) return '';
  if (typeof cell === 'number') return formatNumber(cell);
  return typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
}

/** Numbers by size, before words by letter; what is missing comes last. */
function compare(a: Json | undefined, b: Json | undefined): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const rank = (one: Json | undefined): number =>
    one === undefined || one === null ? 2 : typeof one === 'number' ? 0 : 1;
  return rank(a) - rank(b) || textOf(a).localeCompare(textOf(b), undefined, { numeric: true });
}

function slotted(): HTMLElement {
  const mark = icon('filter');
  mark.slot = 'content-before';
  return mark;
}
