/** How all charts are drawn: search, x axis, logarithmic y, smoothing, zoom. */
import { X_AXES, type XAxis } from '../../src/protocol/panel';
import { el, icon, setText } from '../shared/dom';
import { compileSearch } from './metricGroups';
import type { PanelModel } from './panelModel';

const AXIS_NAMES: Record<XAxis, string> = {
  step: 'step',
  epoch: 'epoch',
  relative: 'relative time',
  wall: 'wall time',
};
const SEARCH_DELAY_MS = 120;

export class Toolbar {
  readonly element: HTMLElement;
  private readonly search = document.createElement('vscode-textfield');
  private readonly searchError = el('div', { class: 'search-error', role: 'alert', hidden: true });
  private readonly axis = document.createElement('vscode-single-select');
  private readonly logY = document.createElement('vscode-checkbox');
  private readonly clip = document.createElement('vscode-checkbox');
  private readonly smoothing = el('input', { type: 'range', min: 0, max: 0.99, step: 0.01, 'aria-label': 'Smoothing' });
  private readonly smoothingValue = el('span', { class: 'number smoothing-value' });
  private readonly resetZoom = el('button', { class: 'link', type: 'button' }, icon('zoom-out'), 'Reset zoom');
  private searchTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly model: PanelModel) {
    this.search.placeholder = 'Filter metrics (regular expression)';
    this.search.setAttribute('aria-label', 'Filter metrics');
    this.search.addEventListener('input', () => this.searchSoon());
    this.search.append(slotted(icon('search'), 'content-before'));
    for (const axis of X_AXES) {
      const option = document.createElement('vscode-option');
      option.value = axis;
      option.append(AXIS_NAMES[axis]);
      this.axis.append(option);
    }
    this.axis.setAttribute('aria-label', 'x axis');
    // What the zoom means differs from axis to axis.
    this.axis.addEventListener('change', () => this.model.patch({ x: this.axis.value as XAxis, zoom: null }));
    this.logY.label = 'log y';
    this.logY.addEventListener('change', () => this.model.patch({ log_y: this.logY.checked }));
    this.clip.label = 'clip outliers';
    this.clip.addEventListener('change', () => this.model.patch({ clip: this.clip.checked }));
    this.smoothing.addEventListener('input', () => this.model.patch({ smoothing: Number(this.smoothing.value) }));
    this.resetZoom.addEventListener('click', () => this.model.patch({ zoom: null }));
    this.element = el(
      'div',
      { class: 'toolbar', role: 'toolbar', 'aria-label': 'Charts' },
      el('div', { class: 'search' }, this.search, this.searchError),
      el('div', { class: 'field' }, el('span', { class: 'muted' }, 'x'), this.axis),
      el('label', { class: 'field' }, el('span', { class: 'muted' }, 'smooth'), this.smoothing, this.smoothingValue),
      this.logY,
      this.clip,
      this.resetZoom,
    );
  }

  update(): void {
    const { state } = this.model;
    if (document.activeElement !== this.search && this.search.value !== state.search) this.search.value = state.search;
    if (this.axis.value !== state.x) this.axis.value = state.x;
    if (this.logY.checked !== state.log_y) this.logY.checked = state.log_y;
    if (this.clip.checked !== state.clip) this.clip.checked = state.clip;
    if (document.activeElement !== this.smoothing) this.smoothing.value = String(state.smoothing);
    setText(this.smoothingValue, state.smoothing.toFixed(2));
    this.resetZoom.classList.toggle('absent', state.zoom === null);
    const search = compileSearch(state.search);
    this.searchError.hidden = search.ok;
    setText(this.searchError, search.ok ? '' : search.message);
  }

  private searchSoon(): void {
    clearTimeout(this.searchTimer);
    this.searchTimer = setTimeout(() => this.model.patch({ search: this.search.value }), SEARCH_DELAY_MS);
  }
}

function slotted(element: HTMLElement, slot: string): HTMLElement {
  element.slot = slot;
  return element;
}
