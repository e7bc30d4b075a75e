/** The header of a chart: title, latest value, count of values that are not finite, buttons. */
import { t } from '../../src/base/texts';
import { formatNumber } from '../../src/domain/format';
import { el, iconButton, setAttribute, setText } from '../shared/dom';
import { unitOf } from './metricUnits';

export interface HeaderContent {
  /** The latest value of the focused run, else of the first. */
  main: { key: string; value: number } | undefined;
  /** How many values are NaN or infinite. */
  bad: number;
  isFull: boolean;
}

export class ChartHeader {
  readonly element: HTMLElement;
  readonly menu: HTMLButtonElement;
  private readonly title = el('h3', {});
  private name = '';
  private readonly value = el('span', { class: 'chart-value' });
  private readonly bad = el('span', { class: 'chart-bad' });
  private readonly full: HTMLButtonElement;

  constructor(onMenu: () => void, onFull: () => void) {
    this.menu = iconButton('ellipsis', t('More Actions…'), onMenu);
    this.full = iconButton('screen-full', t('Maximize Chart'), onFull);
    this.element = el('header', {}, this.title, this.bad, this.value, this.full, this.menu);
  }

  setTitle(title: string): void {
    this.name = title;
    setText(this.title, title);
    setAttribute(this.title, 'title', title);
    setAttribute(this.menu, 'aria-label', t('{0}: more actions', title));
  }

  draw({ main, bad, isFull }: HeaderContent): void {
    setText(this.value, main === undefined ? '' : valueText(main.key, main.value));
    setText(this.bad, bad > 0 ? t('{0} NaN/∞', bad) : '');
    const action = isFull ? t('Restore All Charts') : t('Maximize Chart');
    setAttribute(this.full, 'title', action);
    setAttribute(this.full, 'aria-label', `${this.name}: ${action}`);
    this.full.firstElementChild!.className = `codicon codicon-screen-${isFull ? 'normal' : 'full'}`;
  }
}

export function valueText(key: string, value: number): string {
  return `${formatNumber(value)}${unitOf(key)}`;
}
