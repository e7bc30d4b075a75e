/** Sections of charts. Elements are made once and stay where they are; what is out of sight is not drawn. */
import { el, icon, setAttribute, setText } from '../shared/dom';
import { statusActions } from '../shared/status';
import { type ChartContext, ChartView } from './chartView';
import { compileSearch, MetricGroups, PINNED, type Section } from './metricGroups';
import { type PanelModel, toggled } from './panelModel';

interface SectionElements {
  root: HTMLElement;
  button: HTMLButtonElement;
  count: HTMLElement;
  body: HTMLElement;
}

/** Charts this far outside the window are made ready. */
const AHEAD = '200px 0px';
/** A run that was just launched is known a moment later: only what stays unknown is said to be missing. */
const MISSING_AFTER_MS = 3000;
/** Requests are for round widths, so that dragging an edge does not ask again for every pixel. */
const POINTS_STEP = 64;

export class Grid {
  readonly element = el('div', { class: 'grid' });
  readonly charts = new Map<string, ChartView>();
  private readonly sections = new Map<string, SectionElements>();
  private readonly groups = new MetricGroups();
  private readonly empty = el('div', { class: 'empty', hidden: true });
  private readonly sight: IntersectionObserver;
  private missingSince: number | null = null;
  private readonly byElement = new Map<Element, ChartView>();

  constructor(
    private readonly context: ChartContext,
    private readonly onSeen: () => void,
  ) {
    this.element.append(this.empty);
    this.sight = new IntersectionObserver((entries) => this.seen(entries), { rootMargin: AHEAD });
  }

  /** Metrics to ask for, and how many points fit: one for two pixels. */
  wanted(): { keys: string[]; points: number } {
    const visible = [...this.charts.values()].filter((chart) => chart.visible);
    const width = Math.max(0, ...visible.map((chart) => chart.width));
    return { keys: visible.map((chart) => chart.key), points: Math.ceil(width / 2 / POINTS_STEP) * POINTS_STEP };
  }

  /** Takes over a change of rows or of state. */
  update(): void {
    const { model } = this.context;
    this.groups.add(model.runs.flatMap((run) => Object.keys(run.row.metrics)));
    const search = compileSearch(model.state.search);
    const matches = search.ok ? search.matches : () => true;
    const listed = model.runs.length === 0 ? [] : this.groups.list(matches, model.state.pinned);
    const names = new Set(listed.map((section) => section.name));
    for (const section of listed) this.updateSection(section);
    for (const [name, { root }] of this.sections) root.hidden = !names.has(name);
    this.placeSections(listed.map((section) => section.name));
    this.updateEmpty(listed.length === 0, model.state.search !== '');
  }

  redraw(keys?: ReadonlySet<string>): void {
    for (const chart of this.charts.values()) {
      if (chart.visible && (keys === undefined || keys.has(chart.key))) this.context.frames.mark(chart);
    }
  }

  private updateSection(section: Section): void {
    const { root, button, count, body } = this.sections.get(section.name) ?? this.addSection(section.name);
    const open = !this.context.model.state.collapsed.includes(section.name);
    setAttribute(button, 'aria-expanded', String(open));
    root.classList.toggle('collapsed', !open);
    setText(count, String(section.keys.length));
    body.hidden = !open;
    if (!open) return;
    const wanted = section.keys.map((key) => this.chart(key).element);
    const present = [...body.children];
    if (present.length === wanted.length && wanted.every((element, i) => element === present[i])) return;
    // Only what is out of place moves: re-adding an element would take its focus.
    wanted.forEach((element, i) => {
      if (body.children[i] !== element) body.insertBefore(element, body.children[i] ?? null);
    });
    while (body.children.length > wanted.length) body.lastElementChild?.remove();
  }

  private chart(key: string): ChartView {
    const known = this.charts.get(key);
    if (known !== undefined) return known;
    const chart = new ChartView(key, this.context);
    this.charts.set(key, chart);
    this.byElement.set(chart.element, chart);
    this.sight.observe(chart.element);
    return chart;
  }

  private addSection(name: string): SectionElements {
    const count = el('span', { class: 'badge' });
    const label = el('span', {}, name === PINNED ? 'Pinned' : name);
    const button = el('button', { class: 'section-title', type: 'button' }, icon('chevron-down'), label, count);
    const body = el('div', { class: 'section-body' });
    const root = el('section', { class: 'section', 'data-section': name }, el('h2', {}, button), body);
    button.addEventListener('click', () => {
      const { model } = this.context;
      model.patch({ collapsed: toggled(model.state.collapsed, name) });
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
    let why = !empty || !model.loaded ? '' : emptiness(model, searching);
    this.missingSince = why === 'missing' ? (this.missingSince ?? Date.now()) : null;
    if (this.missingSince !== null && Date.now() - this.missingSince < MISSING_AFTER_MS) why = '';
    if (this.empty.dataset.why === why) return;
    this.empty.dataset.why = why;
    this.empty.hidden = why === '';
    if (why === 'search') this.empty.replaceChildren(el('p', {}, 'No metric matches this filter.'));
    else if (why === 'missing') this.empty.replaceChildren(...missing());
    else this.empty.replaceChildren(...waiting(why === 'waiting', this.context.openOutput));
  }

  private seen(entries: IntersectionObserverEntry[]): void {
    for (const entry of entries) this.byElement.get(entry.target)?.show(entry.isIntersecting);
    this.onSeen();
  }
}

function emptiness(model: PanelModel, searching: boolean): string {
  if (model.runs.length === 0) return 'missing';
  if (searching) return 'search';
  return model.runs.some((run) => statusActions(run.row.status).stop) ? 'waiting' : 'none';
}

function waiting(active: boolean, openOutput: () => void): HTMLElement[] {
  const output = document.createElement('vscode-button');
  output.append('Show the output');
  output.addEventListener('click', openOutput);
  return [
    el('p', { class: 'empty-title' }, active ? 'Waiting for the first metric…' : 'This run logged no metrics.'),
    el('p', {}, 'Log one from the training loop:'),
    el('p', {}, el('code', {}, 'run.log_metric("train/loss", loss, step=step)')),
    el('p', { class: 'muted' }, 'If the script should have logged by now, its output tells why it did not.'),
    output,
  ];
}

function missing(): HTMLElement[] {
  return [
    el('p', { class: 'empty-title' }, 'These runs are not here.'),
    el('p', {}, 'They were deleted, or belong to a folder that is not open. Choose others in the XTrack view.'),
  ];
}
