/** How all charts are drawn: search, x axis, logarithmic y, smoothing, zoom. */
import { t } from '../../src/base/texts';
import { X_AXES, type XAxis } from '../../src/protocol/panel';
import { el, icon, iconButton, setText } from '../shared/dom';
import { ChartOptions } from './chartOptions';
import type { GridState } from '../grid/gridState';
import { compileSearch } from '../model/metricGroups';
import type { TabContext } from '../panel/panelTab';
import { fillSelect } from '../shared/selectOptions';
import { openViewMenu } from './viewMenu';

const AXIS_NAMES: Record<XAxis, string> = {
  step: t('Step'),
  epoch: t('Epoch'),
  relative: t('Relative time'),
  wall: t('Wall time'),
};
const METRIC = 'metric:';
const SEARCH_DELAY_MS = 120;

export class Toolbar {
  readonly element: HTMLElement;
  private readonly search = document.createElement('vscode-textfield');
  private readonly searchError = el('div', { class: 'search-error', role: 'alert', hidden: true });
  private readonly axis = document.createElement('vscode-single-select');
  private readonly logY = document.createElement('vscode-checkbox');
  private readonly clip = document.createElement('vscode-checkbox');
  private readonly smoothing = el('input', {
    type: 'range',
    min: 0,
    max: 0.99,
    step: 0.01,
    'aria-label': t('Smoothing'),
  });
  private readonly smoothingValue = el('span', { class: 'number smoothing-value' });
  private readonly resetZoom = iconButton('zoom-out', t('Reset Zoom'), () =>
    this.context.patch({ zooms: {}, zooms_y: {} }),
  );
  private readonly options: ChartOptions;
  private searchTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly context: TabContext<GridState>,
    newChart: () => void,
  ) {
    this.options = new ChartOptions(context);
    this.search.placeholder = t('Filter (regex)');
    this.search.label = t('Filter metrics');
    this.search.addEventListener('input', () => this.searchSoon());
    this.search.append(slotted(icon('search'), 'content-before'));
    this.axis.setAttribute('label', t('X axis'));
    this.axis.addEventListener('change', () => this.chooseAxis(this.axis.value));
    this.logY.label = t('Log y');
    // A range of y chosen on one scale makes no sense on the other.
    this.logY.addEventListener('change', () => this.context.patch({ log_y: this.logY.checked, zooms_y: {} }));
    this.clip.label = t('Clip outliers');
    this.clip.addEventListener('change', () => this.context.patch({ clip: this.clip.checked }));
    this.smoothing.addEventListener('input', () => this.context.patch({ smoothing: Number(this.smoothing.value) }));
    const views = iconButton('bookmark', t('Views'), () => openViewMenu(context, views));
    this.element = el(
      'div',
      { class: 'toolbar', role: 'toolbar', 'aria-label': t('Charts') },
      el('div', { class: 'search' }, this.search, this.searchError),
      el('div', { class: 'field' }, el('span', { class: 'muted' }, 'x'), this.axis),
      el(
        'label',
        { class: 'field' },
        el('span', { class: 'muted' }, t('Smoothing')),
        this.smoothing,
        this.smoothingValue,
      ),
      this.logY,
      this.clip,
      el(
        'div',
        { class: 'field tools' },
        this.resetZoom,
        iconButton('add', t('New Chart…'), newChart),
        this.options.element,
        views,
      ),
    );
  }

  update(): void {
    const { state, model } = this.context;
    if (document.activeElement !== this.search && this.search.value !== state.search) this.search.value = state.search;
    fillSelect(
      this.axis,
      [
        ...X_AXES.map((axis) => ({ value: axis, label: AXIS_NAMES[axis] })),
        ...[...model.metricKeys()].sort().map((key) => ({ value: METRIC + key, label: key })),
      ],
      state.x_metric === null ? state.x : METRIC + state.x_metric,
    );
    if (this.logY.checked !== state.log_y) this.logY.checked = state.log_y;
    if (this.clip.checked !== state.clip) this.clip.checked = state.clip;
    if (document.activeElement !== this.smoothing) this.smoothing.value = String(state.smoothing);
    setText(this.smoothingValue, state.smoothing.toFixed(2));
    const zoomed = Object.keys(state.zooms).length + Object.keys(state.zooms_y).length > 0;
    this.resetZoom.disabled = !zoomed;
    this.options.update();
    const search = compileSearch(state.search);
    this.searchError.hidden = search.ok;
    setText(this.searchError, search.ok ? '' : search.message);
  }

  /** A zoom on one axis makes no sense on another, so it is reset. */
  private chooseAxis(value: string): void {
    const axis = X_AXES.find((one) => one === value);
    if (axis !== undefined) this.context.patch({ x: axis, x_metric: null, zooms: {} });
    else if (value.startsWith(METRIC)) this.context.patch({ x_metric: value.slice(METRIC.length), zooms: {} });
  }

  private searchSoon(): void {
    clearTimeout(this.searchTimer);
    this.searchTimer = setTimeout(() => this.context.patch({ search: this.search.value }), SEARCH_DELAY_MS);
  }
}

function slotted(element: HTMLElement, slot: string): HTMLElement {
  element.slot = slot;
  return element;
}
