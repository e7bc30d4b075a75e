/** A logged table that can be sorted by a click on a column and filtered. It shows a limited number of rows. */
import { t } from '../../src/base/texts';
import type { Json } from '../../src/protocol/events';
import { formatCount } from '../../src/domain/format';
import { el, icon, setAttribute, setText } from './dom';
import { arrangedRows, AS_LOGGED, cellText, sortedNext, type TableArrangement } from './tableArrangement';

const MOST_SHOWN = 200;
/** Tables up to this length need no filter. */
const FEW = 8;

export interface LoggedTable {
  columns: string[];
  rows: Json[][];
  /** How many were logged; not all may have been kept. */
  total: number;
}

export class TableView {
  readonly element: HTMLElement;
  private readonly head = el('tr', {});
  private readonly body = el('tbody', {});
  private readonly note = el('p', { class: 'muted' });
  private readonly filter = document.createElement('vscode-textfield');
  private table: LoggedTable = { columns: [], rows: [], total: 0 };
  private arrangement = AS_LOGGED;

  constructor(
    name: string,
    private readonly onArrange: (arrangement: TableArrangement) => void,
  ) {
    this.filter.placeholder = t('Filter rows');
    this.filter.label = t('Filter rows');
    const mark = icon('filter');
    mark.slot = 'content-before';
    this.filter.append(mark);
    this.filter.addEventListener('input', () => onArrange({ ...this.arrangement, filter: this.filter.value }));
    this.element = el(
      'div',
      { class: 'logged-table' },
      this.filter,
      el(
        'div',
        { class: 'logged-rows', tabindex: 0, role: 'region', 'aria-label': t('Rows of {0}', name) },
        el('table', { class: 'rows' }, el('thead', {}, this.head), this.body),
      ),
      this.note,
    );
  }

  show(table: LoggedTable): void {
    const sameColumns = JSON.stringify(table.columns) === JSON.stringify(this.table.columns);
    if (!sameColumns) this.head.replaceChildren(...table.columns.map((column) => this.heading(column)));
    this.table = table;
    this.draw();
  }

  arrange(arrangement: TableArrangement): void {
    if (arrangement === this.arrangement) return;
    this.arrangement = arrangement;
    this.draw();
  }

  private heading(column: string): HTMLElement {
    const button = el('button', { class: 'link column', type: 'button' }, column);
    button.addEventListener('click', () => this.onArrange(sortedNext(this.arrangement, column)));
    return el('th', { scope: 'col' }, button);
  }

  private draw(): void {
    const { columns, rows } = this.table;
    const { filter, sort } = this.arrangement;
    const found = arrangedRows(columns, rows, this.arrangement);
    if (this.filter.value !== filter) this.filter.value = filter;
    this.filter.hidden = rows.length <= FEW && filter === '';
    [...this.head.children].forEach((head, i) => {
      const how = sort === null || sort.column !== columns[i] ? 'none' : sort.down ? 'descending' : 'ascending';
      setAttribute(head as HTMLElement, 'aria-sort', how);
    });
    this.body.replaceChildren(...found.slice(0, MOST_SHOWN).map((row) => this.row(row)));
    setText(this.note, this.noteText(found.length));
    this.note.hidden = this.note.textContent === '';
  }

  private row(row: Json[]): HTMLElement {
    const cells = this.table.columns.map((_, i) => {
      const cell = row[i];
      return el('td', { class: typeof cell === 'number' ? 'number' : undefined }, cellText(cell));
    });
    return el('tr', {}, ...cells);
  }

  private noteText(found: number): string {
    const { rows, total } = this.table;
    const parts = [];
    if (rows.length === 0) parts.push(t('No rows.'));
    else if (found === 0) parts.push(t('No matching rows.'));
    else if (found > MOST_SHOWN)
      parts.push(t('Showing {0} of {1} rows. Filter to see others.', formatCount(MOST_SHOWN), formatCount(found)));
    if (total > rows.length)
      parts.push(t('Of {0} logged rows, only the first {1} were kept.', formatCount(total), formatCount(rows.length)));
    return parts.join(' ');
  }
}
