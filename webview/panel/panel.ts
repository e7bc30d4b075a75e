/** Puts the panel together: who tells whom that something changed. */
import { Pace } from '../../src/base/pace';
import { t } from '../../src/base/texts';
import { messageOf } from '../../src/base/unknown';
import type { PanelAction } from '../../src/protocol/panel';
import { el, setText } from '../shared/dom';
import { Host } from '../shared/host';
import { readTheme, watchTheme } from '../shared/theme';
import { artifacts } from '../artifacts/artifacts';
import { CHARTS, drawnAxis, type Scope, SYSTEM } from '../charts/axes';
import { ChartEditor } from '../charts/chartEditor';
import { ChartMenus } from '../charts/chartMenus';
import type { ChartView } from '../charts/chartView';
import { CompareView } from '../compare/compareView';
import { ConsoleView } from '../console/consoleView';
import { Cursor, type CursorPlace } from '../charts/cursor';
import { CursorTooltip } from '../charts/cursorTooltip';
import { DetailLoader } from '../model/detailLoader';
import { EventLoader } from '../model/eventLoader';
import { EventsView } from '../events/eventsView';
import { Frames, type View } from '../model/frames';
import { Grid } from '../charts/grid';
import { Header } from './header';
import { MediaFiles } from '../media/mediaFiles';
import { MediaView } from '../media/mediaView';
import { sectionOf, SYSTEM_SECTION } from '../model/metricGroups';
import { Notices } from './notices';
import { overview } from '../overview/overview';
import type { CheckpointMark } from '../charts/marks';
import { type Change, PanelModel, toggled } from '../model/panelModel';
import { exposePlottedValues } from '../charts/plottedValues';
import { RunList } from './runList';
import { RunListSash } from './runListSash';
import { SeriesLoader, type Wanted } from '../model/seriesLoader';
import { Tabs } from './tabs';
import { Toolbar } from '../charts/toolbar';
import { openViewMenu } from './viewMenu';

const STORE_MS = 250;
const CLOCK_MS = 1000;
/** Requests are for round widths, so that dragging an edge does not ask again for every pixel. */
const POINTS_STEP = 64;

export class ChartPanel {
  private readonly model = new PanelModel();
  private readonly frames = new Frames();
  private theme = readTheme();
  private readonly host = new Host((message) => {
    this.model.receive(message, this.host.storedState());
    document.documentElement.dataset.xtrackReady = 'true';
  });
  private readonly notices = new Notices(this.model);
  private readonly loader: SeriesLoader = new SeriesLoader(
    (query) => this.host.series(query),
    this.model,
    () => this.wanted(),
    (keys) => this.redraw(keys),
    (message) => this.notices.setLoadError(message),
  );
  private readonly details = new DetailLoader(
    (run_id) => this.host.detail(run_id),
    this.model,
    (message) => this.notices.setLoadError(message),
  );
  private readonly tooltip = new CursorTooltip();
  private readonly cursor: Cursor = new Cursor(
    this.frames,
    () => this.charts(),
    (place) => this.drawTooltip(place),
  );
  private readonly live = el('div', { class: 'sr-only', 'aria-live': 'polite' });
  private readonly act = (action: PanelAction): void => void this.run(action);
  private readonly editor = new ChartEditor(this.model);
  private readonly menus = new ChartMenus(
    this.model,
    this.act,
    () => this.theme,
    (id) => this.editor.open(id),
    (message) => this.fail(message),
  );
  private readonly grids = [
    this.grid(CHARTS, () => true),
    this.grid(SYSTEM, (key) => sectionOf(key) === SYSTEM_SECTION),
  ] as const;
  private readonly header = new Header(this.model, this.act);
  private readonly toolbar = new Toolbar(
    this.model,
    () => this.editor.open(null),
    (anchor) => openViewMenu(this.model, this.act, anchor),
  );
  private readonly runList = new RunList(this.model, () => this.theme);
  private readonly sash = new RunListSash(this.runList.element, this.model, this.frames);
  private readonly overviewPanel = el('div', { class: 'tab-panel overview' });
  private readonly artifactsPanel = el('div', { class: 'tab-panel artifacts' });
  private readonly chartsPanel = el('div', { class: 'tab-panel charts' }, this.toolbar.element, this.grids[0].element);
  private readonly systemPanel = el('div', { class: 'tab-panel charts system' }, this.grids[1].element);
  private events: EventLoader | undefined;
  private readonly consoleView = new ConsoleView(
    this.model,
    (query) => this.host.output(query),
    this.act,
    (message) => this.fail(message),
  );
  private readonly eventsView = new EventsView(this.model, () => this.focusedEvents(), this.act);
  private readonly mediaView = new MediaView(
    this.model,
    (...page) => this.host.events(...page),
    {
      files: new MediaFiles((run_id, file) => this.host.file(run_id, file)),
      theme: () => this.theme,
      act: this.act,
    },
    () => this.frames.mark(this.chrome),
    (message) => this.fail(message),
  );
  private readonly compareView = new CompareView(
    this.model,
    () => this.theme,
    (text) => setText(this.live, text),
    this.frames,
  );
  private readonly panels = {
    charts: this.chartsPanel,
    compare: this.compareView.element,
    overview: this.overviewPanel,
    console: this.consoleView.element,
    artifacts: this.artifactsPanel,
    system: this.systemPanel,
    events: this.eventsView.element,
    media: this.mediaView.element,
  };
  private readonly tabs = new Tabs(this.model, this.panels);
  private readonly chrome: View = { visible: true, draw: () => () => this.drawChrome() };
  private readonly storing = new Pace(STORE_MS, () => this.host.store(this.model.state));
  private drawnDetail = '';

  private readonly top = el(
    'div',
    { class: 'top', role: 'region', 'aria-label': t('Run') },
    this.notices.element,
    this.header.element,
    this.tabs.element,
  );
  readonly elements: HTMLElement[] = [
    this.top,
    el(
      'div',
      { class: 'columns' },
      this.runList.element,
      this.sash.element,
      el('main', {}, ...Object.values(this.panels)),
    ),
    this.tooltip.element,
    this.editor.element,
    this.live,
  ];

  start(): void {
    this.model.onChange((change) => this.changed(change));
    watchTheme((theme) => {
      this.theme = theme;
      this.frames.mark(this.chrome);
      this.redraw();
    });
    // What lies below it fills the window, however high it is.
    const height = (): void => document.body.style.setProperty('--top-height', `${this.top.offsetHeight}px`);
    new ResizeObserver(height).observe(this.top);
    // Elapsed times, ETA and the countdown of a stop move without news.
    setInterval(() => this.frames.mark(this.chrome), CLOCK_MS);
    this.overviewPanel.addEventListener('click', ({ target }) => {
      const part = target instanceof Element ? target.closest('summary')?.parentElement?.dataset.part : undefined;
      if (part !== undefined) this.model.patch({ opened: toggled(this.model.state.opened, part) });
    });
    exposePlottedValues(() => this.charts());
    this.host.ready();
  }

  private changed(change: Change): void {
    if (change === 'pointed') return this.redraw();
    this.frames.mark(this.chrome);
    if (change === 'stop') return;
    if (change === 'snapshot') this.loader.renew();
    if (change !== 'runs') this.redraw();
    // Also what the host chose: a panel that nobody touched is restored, too.
    if (change === 'state' || change === 'snapshot') this.storing.soon();
    if (change === 'detail') return;
    this.loader.poke();
    this.details.poke();
  }

  private drawChrome(): void {
    this.notices.update();
    this.header.update();
    this.tabs.update();
    this.toolbar.update();
    this.runList.update();
    this.sash.update();
    for (const grid of this.grids) grid.update();
    this.consoleView.update();
    this.eventsView.update();
    this.mediaView.update();
    this.compareView.update();
    this.drawDetail();
  }

  private drawDetail(): void {
    const { tab } = this.model.state;
    const run = this.model.focused();
    if (run === undefined || (tab !== 'overview' && tab !== 'artifacts')) return;
    const detail = this.model.details.get(run.row.run_id);
    // Rebuilding takes a selection and open parts away: only when something in it changed.
    const drawn = `${tab} ${run.row.run_id} ${run.row.rev} ${detail?.rev} ${run.row.status}`;
    if (drawn === this.drawnDetail) return;
    this.drawnDetail = drawn;
    if (tab === 'overview')
      this.overviewPanel.replaceChildren(...overview(run, detail, this.model.keyMetric, this.act));
    else this.artifactsPanel.replaceChildren(...artifacts(run, detail, this.act));
    for (const part of this.overviewPanel.querySelectorAll('details'))
      part.open = this.model.state.opened.includes(part.dataset.part!);
  }

  private drawTooltip(place: CursorPlace | null): void {
    const chart = [...this.charts()].find((one) => one === place?.chart);
    if (place === null || chart === undefined || !chart.visible) return this.tooltip.hide();
    this.tooltip.show(
      {
        title: chart.current.title,
        values: chart.valuesAt(place.x),
        y: place.y,
        axis: drawnAxis(chart.scope, this.model.state),
        colorOf: (color) => this.theme.series[color] ?? this.theme.foreground,
        baseline: this.model.focused()?.row.run_id ?? null,
      },
      place.client,
    );
  }

  /** Of one run at a time: there may be many. */
  private focusedEvents(): EventLoader | undefined {
    const run_id = this.model.focused()?.row.run_id;
    if (run_id === undefined || this.events?.run_id === run_id) return this.events;
    this.events = new EventLoader(
      run_id,
      (...page) => this.host.events(...page),
      () => this.frames.mark(this.chrome),
      (message) => this.fail(message),
    );
    return this.events;
  }

  private grid(scope: Scope, belongs: (key: string) => boolean): Grid {
    const context = {
      model: this.model,
      loader: this.loader,
      frames: this.frames,
      cursor: this.cursor,
      theme: () => this.theme,
      openChartMenu: (view: ChartView, anchor: HTMLElement) => this.menus.openChart(view, anchor),
      openCheckpointMenu: (mark: CheckpointMark, x: string, anchor: HTMLElement) =>
        this.menus.openCheckpoint(mark, x, anchor),
      openOutput: () => {
        const run_id = this.model.focused()?.row.run_id;
        if (run_id !== undefined) this.act({ do: 'output', run_id });
      },
      announce: (text: string) => setText(this.live, text),
    };
    return new Grid(scope, belongs, context, () => this.loader.poke());
  }

  private *charts(): Iterable<ChartView> {
    for (const grid of this.grids) yield* grid.charts.values();
  }

  private redraw(keys?: ReadonlySet<string>): void {
    for (const grid of this.grids) grid.redraw(keys);
  }

  /** What is in sight, and how many points fit: one for two pixels. */
  private wanted(): { wanted: Wanted[]; points: number } {
    const all = this.grids.map((grid) => grid.wanted());
    const width = Math.max(...all.map((one) => one.width));
    return {
      wanted: all.flatMap((one) => one.wanted),
      points: Math.ceil(width / 2 / POINTS_STEP) * POINTS_STEP,
    };
  }

  private fail(message: string): void {
    this.notices.setActionError(message);
    this.frames.mark(this.chrome);
  }

  private async run(action: PanelAction): Promise<void> {
    try {
      const { stop, view, views } = await this.host.act(action);
      if (view !== undefined) this.model.applyView(view);
      if (views !== undefined) this.model.views = views;
      this.notices.setActionError(null);
      if (stop !== undefined && 'run_id' in action) this.model.setStop(action.run_id, stop);
    } catch (error) {
      this.fail(messageOf(error));
    }
  }
}
