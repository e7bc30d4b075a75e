/** The legend, for charts that the run list cannot explain: several metrics in one chart, groups of runs. */
import { t } from '../../src/base/texts';
import { el, setName } from '../shared/dom';
import type { Theme } from '../shared/theme';
import type { Curve } from './curve';

const MOST = 8;

export class ChartLegend {
  readonly element = el('ul', { class: 'legend', hidden: true });
  private drawn = '';

  draw(curves: readonly Curve[], theme: Theme): void {
    const drawn = JSON.stringify(curves.map(({ label, color, dash }) => [label, theme.series[color], dash]));
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.element.hidden = curves.length === 0;
    this.element.replaceChildren(...curves.slice(0, MOST).map((curve) => item(curve, theme)));
    if (curves.length > MOST)
      this.element.append(el('li', { class: 'muted' }, t('and {0} more', curves.length - MOST)));
  }
}

function item({ label, color, dash }: Curve, theme: Theme): HTMLElement {
  const swatch = el('span', { class: `swatch dash-${dash % 4}` });
  swatch.style.backgroundColor = theme.series[color] ?? '';
  const name = el('span', { class: 'legend-name', title: label });
  setName(name, label);
  return el('li', {}, swatch, name);
}
