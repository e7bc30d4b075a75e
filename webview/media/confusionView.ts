/** A confusion matrix with a row per actual label and a column per predicted one, shaded by the share of the row. */
import { t } from '../../src/base/texts';
import type { Json } from '../../src/protocol/events';
import { formatCount, formatNumber } from '../../src/domain/format';
import { el } from '../shared/dom';

/** Strongest shade in %, so that text stays readable in every theme. */
const DARKEST = 35;

export function confusionView(
  labels: readonly string[],
  rows: readonly Json[][],
  color: string,
  name: string,
): HTMLElement {
  const counts = rows.map((row) => row.slice(1).map((cell) => (typeof cell === 'number' ? cell : 0)));
  const all = sum(counts.map(sum));
  const right = sum(counts.map((row, i) => row[i] ?? 0));
  const head = el(
    'tr',
    {},
    el('th', { scope: 'col' }, t('Actual')),
    ...labels.map((label) => el('th', { scope: 'col' }, label)),
  );
  const body = rows.map((_, i) => {
    const truth = labels[i] ?? '';
    const ofRow = sum(counts[i]!);
    const cells = counts[i]!.map((count, j) => {
      const share = ofRow === 0 ? 0 : count / ofRow;
      const percent = formatNumber(Number((100 * share).toPrecision(3)));
      const cell = el(
        'td',
        { class: 'number', title: t('{0} predicted as {1}: {2} ({3} %)', truth, labels[j] ?? '', count, percent) },
        formatCount(count),
      );
      cell.style.backgroundColor = `color-mix(in srgb, ${color} ${(share * DARKEST).toFixed(1)}%, transparent)`;
      if (i === j) cell.classList.add('right');
      return cell;
    });
    return el('tr', {}, el('th', { scope: 'row' }, truth), ...cells);
  });
  const note =
    all === 0
      ? t('No samples.')
      : t(
          '{0} of {1} correct: {2} %',
          formatCount(right),
          formatCount(all),
          formatNumber(Number(((100 * right) / all).toPrecision(4))),
        );
  return el(
    'div',
    {},
    el(
      'div',
      { class: 'logged-rows', tabindex: 0, role: 'region', 'aria-label': t('Confusion matrix of {0}', name) },
      el('table', { class: 'confusion' }, el('thead', {}, head), el('tbody', {}, ...body)),
    ),
    el('p', { class: 'muted' }, note),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
