/**
 * Tabs of the panel, as the ARIA pattern has them: arrows move between tabs, Tab goes on into the content. Where they have
 * no room they are one line that scrolls, by the wheel too, as the editor's own.
 */
import { t } from '../../src/base/texts';
import { PANEL_TABS, type PanelTab } from '../../src/protocol/panel';
import { el, setAttribute, setText } from '../shared/dom';
import type { PanelModel } from '../model/panelModel';

const NAMES: Record<PanelTab, string> = {
  charts: t('Charts'),
  compare: t('Compare'),
  overview: t('Overview'),
  console: t('Console'),
  artifacts: t('Artifacts'),
  system: t('System'),
  events: t('Events'),
  media: t('Media'),
};

export class Tabs {
  readonly element = el('div', { class: 'tabs', role: 'tablist', 'aria-label': t('Panel') });
  private readonly tabs = PANEL_TABS.map((name) => {
    const count = el('span', { class: 'badge', hidden: true });
    const button = el(
      'button',
      { class: 'tab', role: 'tab', type: 'button', id: `tab-${name}`, 'aria-controls': `panel-${name}` },
      NAMES[name],
      count,
    );
    button.addEventListener('click', () => this.model.patch({ tab: name }));
    return { name, button, count };
  });
  private shown: PanelTab | undefined;

  constructor(
    private readonly model: PanelModel,
    private readonly panels: Record<PanelTab, HTMLElement>,
  ) {
    this.element.append(...this.tabs.map((tab) => tab.button));
    this.element.addEventListener('keydown', (event) => {
      const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
      if (by === 0) return;
      const shown = this.tabs.filter(({ button }) => !button.hidden);
      const at = shown.findIndex(({ name }) => name === this.model.state.tab);
      const next = shown[(at + by + shown.length) % shown.length]!;
      this.model.patch({ tab: next.name });
      next.button.focus();
    });
    this.element.addEventListener('wheel', (event) => this.scroll(event), { passive: false });
    new ResizeObserver(() => this.reveal()).observe(this.element);
    for (const [name, panel] of Object.entries(panels)) {
      panel.id = `panel-${name}`;
      panel.setAttribute('role', 'tabpanel');
      panel.setAttribute('aria-labelledby', `tab-${name}`);
    }
  }

  update(): void {
    const row = this.model.focused()?.row;
    const counts: Partial<Record<PanelTab, number>> = {
      artifacts: (row?.checkpoints ?? 0) + (row?.artifacts ?? 0),
      media: (row && this.model.details.get(row.run_id)?.media.length) ?? 0,
    };
    const { tab } = this.model.state;
    for (const { name, button, count } of this.tabs) {
      const selected = name === tab;
      setAttribute(button, 'aria-selected', String(selected));
      button.tabIndex = selected ? 0 : -1;
      // One run has nothing beside it.
      button.hidden = name === 'compare' && !selected && this.model.runs.length < 2;
      this.panels[name].hidden = !selected;
      const n = counts[name] ?? 0;
      count.hidden = n === 0;
      setText(count, String(n));
    }
    if (this.shown === tab) return;
    this.shown = tab;
    this.reveal();
  }

  private reveal(): void {
    const chosen = this.tabs.find(({ name }) => name === this.shown);
    chosen?.button.scrollIntoView({ inline: 'nearest', block: 'nearest' });
  }

  private scroll(event: WheelEvent): void {
    if (event.ctrlKey || event.deltaX !== 0) return;
    const before = this.element.scrollLeft;
    this.element.scrollLeft += event.deltaY;
    if (this.element.scrollLeft !== before) event.preventDefault();
  }
}
