/** The values under the cursor, highest first; the one that is pointed at stands out. */
import { t } from '../../src/base/texts';
import { append, el, setName } from '../shared/dom';
import { formatNumber, formatX } from '../../src/domain/format';
import type { DrawnAxis } from './axes';
import { type CursorValue, nearestInValue } from './cursorValues';
import { unitOf } from './metricUnits';
import { Tooltip } from '../shared/tooltip';

const MAX_ROWS = 12;

export interface TooltipContent {
  title: string;
  values: CursorValue[];
  /** Height of the pointer in values. */
  y: number | null;
  axis: DrawnAxis;
  colorOf: (color: number) => string;
  /** Differences are to this run. */
  baseline: string | null;
}

export class CursorTooltip {
  private readonly box = new Tooltip();

  get element(): HTMLElement {
    return this.box.element;
  }

  hide(): void {
    this.box.hide();
  }

  show(content: TooltipContent, at: { x: number; y: number }): void {
    const { values } = content;
    if (values.length === 0) {
      this.hide();
      return;
    }
    const pointed = content.y === null ? undefined : nearestInValue(values, content.y);
    const first = pointed ?? values[0]!;
    const ordered = [first, ...values.filter((value) => value !== first)];
    const table = el('table');
    // The title says where they are, unless they are in several places.
    const apart = values.some(({ x }) => x !== first.x);
    for (const value of ordered.slice(0, MAX_ROWS)) table.append(row(value, content, value === pointed, apart));
    const title = el(
      'div',
      { class: 'tooltip-title' },
      el('strong', {}, content.title),
      ` ${formatX(content.axis, first.x)}`,
    );
    const left = ordered.length - MAX_ROWS;
    const more = left > 0 ? [el('div', { class: 'muted' }, t('and {0} more', left))] : [];
    this.box.show([title, table, ...more], at);
  }
}

function row(value: CursorValue, content: TooltipContent, pointed: boolean, apart: boolean): HTMLElement {
  const { curve, index } = value;
  const swatch = el('span', { class: `swatch dash-${curve.dash % 4}` });
  const name = el('span', { class: 'tooltip-name' });
  setName(name, curve.label);
  swatch.style.backgroundColor = content.colorOf(curve.color);
  const low = curve.band?.min[index];
  const high = curve.band?.max[index];
  const line = el('tr', { class: pointed ? 'pointed' : undefined });
  append(line, [
    el('td', { class: 'tooltip-run' }, swatch, name),
    el('td', { class: 'number' }, `${formatNumber(value.value)}${unitOf(curve.key)}`),
    el(
      'td',
      { class: 'number muted' },
      value.raw !== value.value && !Number.isNaN(value.raw) ? t('raw {0}', formatNumber(value.raw)) : '',
    ),
    el(
      'td',
      { class: 'number muted' },
      curve.n !== null && isNumber(low) && isNumber(high) ? `${formatNumber(low)} … ${formatNumber(high)}` : '',
    ),
    el('td', { class: 'number muted' }, difference(value, content)),
    apart && el('td', { class: 'number muted' }, formatX(content.axis, value.x)),
  ]);
  return line;
}

function difference(value: CursorValue, content: TooltipContent): string {
  const base = content.values.find((other) => other.curve.run_id === content.baseline);
  if (base === undefined) return '';
  if (base.curve.run_id === value.curve.run_id) {
    const isCompared = content.values.some(({ curve }) => curve.run_id !== content.baseline);
    return isCompared ? t('baseline') : '';
  }
  const delta = value.value - base.value;
  if (Number.isNaN(delta)) return '';
  return `${delta > 0 ? '+' : ''}${formatNumber(delta)}`;
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined && !Number.isNaN(value);
}
