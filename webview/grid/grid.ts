/** Sections of charts. Elements are made once and stay where they are; what is out of sight is not drawn. */
import { t } from '../../src/base/texts';
import { el, icon, setAttribute, setText } from '../shared/dom';
import type { Scope } from './axes';
import { type ChartSpec, customChart, metricChart } from './chartSpec';
import { columnsIn, type GridColumns } from './chartSizes';
import { type ChartContext, ChartView } from './chartView';
import { emptiness, emptyState, type Emptiness } from './gridEmptiness';
import { compileSearch, CUSTOM, MetricGroups, PINNED, type Section } from '../model/metricGroups';
import { toggled } from '../model/panelModel';
import type { Wanted } from '../model/seriesLoader';

interface SectionElements {
  root: HTMLElement;
  button: HTMLButtonElement;
  count: HTMLElement;
  body: HTMLElement;
}

/** The section of a chart that fills the panel. */
const MAXIMIZED = '\0maximized';
/** Charts this far outside the window are made ready. */
const AHEAD = '200px 0px';
/** A run that was just launched is listed a moment later, so runs count as missing only after this time. */
const MISSING_AFTER_MS = 3000;
/** Other widths need other numbers of points, but not for every pixel of a drag. */
const RESIZED_WAIT_MS = 250;
const TITLES: Record<string, string> = { [PINNED]: t('Pinned'), [CUSTOM]: t('Your charts') };

export class Grid {
  readonly element = el('div', { class: 'grid' });
  readonly charts = new Map<string, ChartView>();
  private readonly sections = new Map<string, SectionElements>();
  private readonly groups = new MetricGroups();
  private readonly empty = el('div', { class: 'empty', hidden: true });
  private readonly inSight: IntersectionObserver;
  private missingSince: number | null = null;
  private readonly byElement = new Map<Element, ChartView>();
  /** Reports sizes, so that nothing has to be measured. */
  private readonly room = new ResizeObserver((entries) => this.resized(entries));
  private width = 0;
  private custom = '';

  constructor(
    readonly scope: Scope,
    private readonly belongs: (key: string) => boolean,
    private readonly context: ChartContext,
    private readonly onSeen: () => void,
  ) {
    this.element.append(this.empty);
    this.room.observe(this.element);
    this.inSight = new IntersectionObserver((entries) => this.seen(entries), { rootMargin: AHEAD });
  }

  /**
   * What the visible charts need, and the width of the widest chart. All are fetched at one resolution, so that series in
   * one expression have the same buckets, and so that nothing is fetched again when a wide chart is scrolled away.
   */
  wanted(): { wanted: Wanted[]; width: number } {
    const charts = [...this.charts.values()];
    return {
      wanted: charts.filter((chart) => chart.visible).map((chart) => chart.wanted),
      width: Math.max(0, ...charts.map(({ canvas }) => canvas.size.width)),
    };
  }

  /** Applies a change of rows or of state. */
  update(): void {
    const { model, store } = this.context;
    const { state } = store;
    this.groups.add(model.metricKeys().filter(this.belongs));
    this.updateCustom();
    // Only the charts tab has the search field.
    const searched = this.isMain ? state.search : '';
    const search = compileSearch(searched);
    const matches = search.ok ? search.matches : () => true;
    const custom = this.customCharts();
    const listed = model.runs.length === 0 ? [] : this.groups.list(matches, state.pinned, custom);
    const maximized = listed.length > 0 ? this.maximized() : null;
    const sections = maximized === null ? listed : [{ name: MAXIMIZED, ids: [maximized] }];
    this.element.classList.toggle('maximized', maximized !== null);
    this.placeCharts();
    const names = new Set(sections.map((section) => section.name));
    for (const section of sections) this.updateSection(section);
    for (const [name, { root }] of this.sections) root.hidden = !names.has(name);
    this.placeSections(sections.map((section) => section.name));
    this.updateEmpty(sections.length === 0, searched !== '');
  }

  dispose(): void {
    this.room.disconnect();
    this.inSight.disconnect();
    for (const chart of this.charts.values()) chart.dispose();
  }

  redraw(keys?: ReadonlySet<string>): void {
    for (const chart of this.charts.values()) {
      if (chart.visible && (keys === undefined || chart.wanted.keys.some((key) => keys.has(key))))
        this.context.frames.mark(chart);
    }
  }

  /** True in the charts tab. */
  private get isMain(): boolean {
    return this.scope.name === '';
  }

  private maximized(): string | null {
    const { maximized } = this.context.store.state;
    if (maximized === null) return null;
    const known = this.groups.has(maximized) || this.customCharts().some(({ id }) => id === maximized);
    return known ? maximized : null;
  }

  /** Custom charts are in the charts tab only. */
  private customCharts(): { id: string; title: string }[] {
    if (!this.isMain) return [];
    return this.context.store.state.custom.map(({ id, lines }) => ({ id, title: lines.join(', ') }));
  }

  /** Custom charts are read again when new metrics arrive, which their lines may have waited for. */
  private updateCustom(): void {
    const { model, store } = this.context;
    const now = JSON.stringify([store.state.custom, model.metricKeys().length]);
    if (now === this.custom) return;
    this.custom = now;
    for (const { id } of store.state.custom) this.charts.get(id)?.setSpec(this.spec(id));
  }

  private spec(id: string): ChartSpec {
    const { model, store } = this.context;
    const custom = store.state.custom.find((one) => one.id === id);
    const keys = new Set(model.metricKeys());
    return custom === undefined ? metricChart(id) : customChart(custom, (key) => keys.has(key));
  }

  private updateSection(section: Section): void {
    const { root, button, count, body } = this.sections.get(section.name) ?? this.addSection(section.name);
    const open =
      section.name === MAXIMIZED || !this.context.store.state.collapsed.includes(this.scope.name + section.name);
    setAttribute(button, 'aria-expanded', String(open));
    root.classList.toggle('collapsed', !open);
    setText(count, String(section.ids.length));
    body.hidden = !open;
    if (!open) return;
    const wanted = section.ids.map((id) => this.chart(id).element);
    const present = [...body.children];
    if (present.length === wanted.length && wanted.every((element, i) => element === present[i])) return;
    // Moves only elements that are out of place: adding one again would take its focus.
    wanted.forEach((element, i) => {
      if (body.children[i] !== element) body.insertBefore(element, body.children[i] ?? null);
    });
    while (body.children.length > wanted.length) body.lastElementChild?.remove();
  }

  private chart(id: string): ChartView {
    const known = this.charts.get(id);
    if (known !== undefined) return known;
    const chart = new ChartView(this.spec(id), this.scope, this.context);
    this.charts.set(id, chart);
    this.byElement.set(chart.element, chart);
    this.inSight.observe(chart.element);
    this.room.observe(chart.plot);
    this.byElement.set(chart.plot, chart);
    chart.resizer.place(this.columns());
    return chart;
  }

  private columns(): GridColumns {
    return columnsIn(this.width, this.context.store.state.size);
  }

  private placeCharts(): void {
    const columns = this.columns();
    this.element.style.setProperty('--columns', String(columns.count));
    for (const chart of this.charts.values()) chart.resizer.place(columns);
  }

  /** Hidden tabs report a width of 0, which is ignored. */
  private resized(entries: ResizeObserverEntry[]): void {
    for (const { target, contentRect } of entries) {
      const { width, height } = contentRect;
      const chart = this.byElement.get(target);
      if (chart?.resized(width, height) === true) this.context.loader.poke(RESIZED_WAIT_MS);
      if (target !== this.element || width === 0 || width === this.width) continue;
      this.width = width;
      this.placeCharts();
    }
  }

  private addSection(name: string): SectionElements {
    const count = el('span', { class: 'badge' });
    const label = el('span', {}, TITLES[name] ?? name);
    const button = el('button', { class: 'section-title', type: 'button' }, icon('chevron-down'), label, count);
    const body = el('div', { class: 'section-body' });
    const heading = el('h2', { hidden: name === MAXIMIZED }, button);
    const root = el('section', { class: 'section', 'data-section': name }, heading, body);
    button.addEventListener('click', () => {
      const { store } = this.context;
      store.patch({ collapsed: toggled(store.state.collapsed, this.scope.name + name) });
    });
    const made = { root, button, count, body };
    this.sections.set(name, made);
    return made;
  }

  private placeSections(names: string[]): void {
    names.forEach((name, i) => {
      const root = this.sections.get(name)!.root;
      if (this.element.children[i] !== root) this.element.insertBefore(root, this.element.children[i] ?? null);
    });
  }

  private updateEmpty(empty: boolean, searching: boolean): void {
    const { model } = this.context;
    let why: Emptiness | null = !empty || !model.loaded ? null : emptiness(model, searching, this.scope);
    this.missingSince = why === 'missing' ? (this.missingSince ?? Date.now()) : null;
    if (this.missingSince !== null && Date.now() - this.missingSince < MISSING_AFTER_MS) why = null;
    if (this.empty.dataset.why === (why ?? '')) return;
    this.empty.dataset.why = why ?? '';
    this.empty.hidden = why === null;
    this.empty.replaceChildren(
      ...(why === null ? [] : emptyState(why, this.context.openOutput, () => this.context.store.patch({ search: '' }))),
    );
  }

  private seen(entries: IntersectionObserverEntry[]): void {
    for (const entry of entries) this.byElement.get(entry.target)?.show(entry.isIntersecting);
    this.onSeen();
  }
}
