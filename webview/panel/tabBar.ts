/**
 * Tabs of the panel, as the ARIA pattern has them: arrows move between tabs, Tab goes on into the content. Where they have
 * no room they are one line that scrolls, by the wheel too, as the editor's own does.
 */
import { t } from '../../src/base/texts';
import { el, setAttribute, setText } from '../shared/dom';
import type { PanelModel } from '../model/panelModel';
import type { PanelTab } from './panelTab';

/** The chosen tab, or the first if none was chosen or only a newer version has it. */
export function shownTab(model: PanelModel, tabs: readonly PanelTab[]): PanelTab {
  return tabs.find(({ id }) => id === model.state.tab) ?? tabs[0]!;
}

export class TabBar {
  readonly element = el('div', { class: 'tabs', role: 'tablist', 'aria-label': t('Panel') });
  private readonly items: { tab: PanelTab; button: HTMLButtonElement; count: HTMLElement; panel: HTMLElement }[];
  private shown: PanelTab | undefined;

  /** `panels`: what each tab shows, in their order. */
  constructor(
    private readonly model: PanelModel,
    private readonly tabs: readonly PanelTab[],
    panels: readonly HTMLElement[],
  ) {
    this.items = tabs.map((tab, i) => this.item(tab, panels[i]!));
    this.element.append(...this.items.map(({ button }) => button));
    this.element.addEventListener('keydown', (event) => {
      const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
      if (by === 0) return;
      const shown = this.items.filter(({ button }) => !button.hidden);
      const at = shown.findIndex(({ tab }) => tab === shownTab(model, tabs));
      const next = shown[(at + by + shown.length) % shown.length]!;
      this.model.patch({ tab: next.tab.id });
      next.button.focus();
    });
    this.element.addEventListener('wheel', (event) => this.scroll(event), { passive: false });
    new ResizeObserver(() => this.reveal()).observe(this.element);
  }

  update(): void {
    const { model } = this;
    const shown = shownTab(model, this.tabs);
    for (const { tab, button, count, panel } of this.items) {
      const selected = tab === shown;
      setAttribute(button, 'aria-selected', String(selected));
      button.tabIndex = selected ? 0 : -1;
      button.hidden = !selected && tab.shownFor?.(model) === false;
      panel.hidden = !selected;
      const badge = tab.badge?.(model) ?? 0;
      count.hidden = badge === 0;
      setText(count, String(badge));
    }
    if (this.shown === shown) return;
    this.shown = shown;
    this.reveal();
  }

  private item(tab: PanelTab, panel: HTMLElement): TabBar['items'][number] {
    const { id, title } = tab;
    const count = el('span', { class: 'badge', hidden: true });
    const attributes = { class: 'tab', role: 'tab', type: 'button', id: `tab-${id}`, 'aria-controls': `panel-${id}` };
    const button = el('button', attributes, title, count);
    button.addEventListener('click', () => this.model.patch({ tab: id }));
    panel.id = `panel-${id}`;
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', `tab-${id}`);
    return { tab, button, count, panel };
  }

  private reveal(): void {
    const chosen = this.items.find(({ tab }) => tab === this.shown);
    chosen?.button.scrollIntoView({ inline: 'nearest', block: 'nearest' });
  }

  private scroll(event: WheelEvent): void {
    if (event.ctrlKey || event.deltaX !== 0) return;
    const before = this.element.scrollLeft;
    this.element.scrollLeft += event.deltaY;
    if (this.element.scrollLeft !== before) event.preventDefault();
  }
}
