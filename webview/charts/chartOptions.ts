/** Settings that are changed less often: scales, means over workers, bands, linked axes, sizes. */
import { t } from '../../src/base/texts';
import { CHART_SIZES, type ChartSizeName, chartSizeNames, nameOfSize } from '../grid/chartSize';
import { BANDS, type Band, type GridState, type GridStore } from '../grid/gridState';
import { el, iconButton, setText } from '../shared/dom';
import { type Choice, fillSelect } from '../shared/selectOptions';

const BAND_NAMES: Record<Band, string> = {
  std: t('Standard deviation'),
  range: t('Minimum to maximum'),
  none: t('None'),
};
const SIZE_NAMES: Record<ChartSizeName, string> = { small: t('Small'), medium: t('Medium'), large: t('Large') };
/** Stands for a size that was dragged and then applied to all charts. */
const OWN_SIZE = 'own';

type Switch = 'log_x' | 'linked' | 'mean_workers';

export class ChartOptions {
  readonly element: HTMLElement;
  private readonly button: HTMLButtonElement;
  private readonly box: HTMLElement;
  private readonly band = document.createElement('vscode-single-select');
  private readonly size = document.createElement('vscode-single-select');
  private readonly ownSizes = el('button', { class: 'link', type: 'button' });
  private readonly switches: { name: Switch; check: HTMLElementTagNameMap['vscode-checkbox'] }[];

  constructor(private readonly store: GridStore) {
    this.switches = [
      this.switch('mean_workers', t('Mean over workers')),
      this.switch('log_x', t('Log x'), { zooms: {} }),
      this.switch('linked', t('Zoom all charts together'), { zooms: {} }),
    ];
    this.band.addEventListener('change', () => this.store.patch({ band: this.band.value as Band }));
    this.size.addEventListener('change', () => {
      const name = chartSizeNames().find((one) => one === this.size.value);
      if (name !== undefined) this.store.patch({ size: CHART_SIZES[name] });
    });
    this.ownSizes.addEventListener('click', () => {
      this.store.patch({ sizes: {} });
      this.button.focus();
    });
    this.button = iconButton('settings', t('Chart Options'), () => this.show(this.box.hidden !== false));
    this.button.setAttribute('aria-expanded', 'false');
    this.box = el(
      'div',
      { class: 'options', role: 'group', 'aria-label': t('Chart Options'), hidden: true },
      ...this.switches.map(({ check }) => check),
      field(t('Shading around means'), this.band),
      field(t('Chart size'), this.size),
      this.ownSizes,
    );
    this.element = el('div', { class: 'options-anchor' }, this.button, this.box);
    this.element.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || this.box.hidden) return;
      this.show(false);
      this.button.focus();
    });
    document.addEventListener('pointerdown', (event) => {
      if (event.target instanceof Node && !this.element.contains(event.target)) this.show(false);
    });
  }

  update(): void {
    const { state } = this.store;
    for (const { name, check } of this.switches) if (check.checked !== state[name]) check.checked = state[name];
    fillSelect(
      this.band,
      BANDS.map((value) => ({ value, label: BAND_NAMES[value] })),
      state.band,
    );
    const named = nameOfSize(state.size);
    const sizes: Choice[] = chartSizeNames().map((value) => ({ value, label: SIZE_NAMES[value] }));
    if (named === undefined) sizes.push({ value: OWN_SIZE, label: t('Custom') });
    fillSelect(this.size, sizes, named ?? OWN_SIZE);
    const own = Object.keys(state.sizes).length;
    this.ownSizes.hidden = own === 0;
    setText(this.ownSizes, own === 1 ? t('Reset Size of 1 Chart') : t('Reset Size of {0} Charts', own));
  }

  private show(open: boolean): void {
    this.box.hidden = !open;
    this.button.setAttribute('aria-expanded', String(open));
    if (open) this.switches[0]?.check.focus();
  }

  private switch(name: Switch, label: string, also: Partial<GridState> = {}): ChartOptions['switches'][number] {
    const check = document.createElement('vscode-checkbox');
    check.label = label;
    check.addEventListener('change', () => this.store.patch({ [name]: check.checked, ...also }));
    return { name, check };
  }
}

function field(name: string, select: HTMLElementTagNameMap['vscode-single-select']): HTMLElement {
  select.setAttribute('label', name);
  return el('div', { class: 'option' }, el('span', {}, name), select);
}
