/** Puts the panel together: who tells whom that something changed. */
import type { PanelAction } from '../../src/protocol/panel';
import { el, setText } from '../shared/dom';
import { Host } from '../shared/host';
import { readTheme, watchTheme } from '../shared/theme';
import { artifacts } from './artifacts';
import { ChartMenus } from './chartMenus';
import { Cursor, type CursorPlace } from './cursor';
import { CursorTooltip } from './cursorTooltip';
import { DetailLoader } from './detailLoader';
import { Frames, type View } from './frames';
import { Grid } from './grid';
import { Header } from './header';
import { Notices } from './notices';
import { overview } from './overview';
import { type Change, PanelModel } from './panelModel';
import { exposePlottedValues } from './plottedValues';
import { RunList } from './runList';
import { SeriesLoader } from './seriesLoader';
import { Tabs } from './tabs';
import { Toolbar } from './toolbar';

const STORE_DELAY_MS = 250;
const CLOCK_MS = 1000;

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
    () => this.grid.wanted(),
    (keys) => this.grid.redraw(keys),
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
    () => this.grid.charts.values(),
    (place) => this.drawTooltip(place),
  );
  private readonly live = el('div', { class: 'sr-only', 'aria-live': 'polite' });
  private readonly act = (action: PanelAction): void => void this.run(action);
  private readonly menus = new ChartMenus(this.model, this.act, () => this.theme);
  private readonly grid: Grid = new Grid(
    {
      model: this.model,
      loader: this.loader,
      frames: this.frames,
      cursor: this.cursor,
      theme: () => this.theme,
      openChartMenu: (view, anchor) => this.menus.openChart(view, anchor),
      openCheckpointMenu: (mark, anchor) => this.menus.openCheckpoint(mark, anchor),
      openOutput: () => {
        const run_id = this.model.focused()?.row.run_id;
        if (run_id !== undefined) this.act({ do: 'output', run_id });
      },
      announce: (text) => setText(this.live, text),
    },
    () => this.loader.poke(),
  );
  private readonly header = new Header(this.model, this.act);
  private readonly toolbar = new Toolbar(this.model);
  private readonly runList = new RunList(this.model, () => this.theme);
  private readonly overviewPanel = el('div', { class: 'tab-panel overview' });
  private readonly artifactsPanel = el('div', { class: 'tab-panel artifacts' });
  private readonly chartsPanel = el('div', { class: 'tab-panel charts' }, this.toolbar.element, this.grid.element);
  private readonly tabs = new Tabs(this.model, {
    charts: this.chartsPanel,
    overview: this.overviewPanel,
    artifacts: this.artifactsPanel,
  });
  private readonly chrome: View = { visible: true, draw: () => this.drawChrome() };
  private storeTimer: ReturnType<typeof setTimeout> | undefined;
  private drawnDetail = '';

  readonly elements: HTMLElement[] = [
    el('div', { class: 'top' }, this.notices.element, this.header.element, this.tabs.element),
    el(
      'div',
      { class: 'columns' },
      this.runList.element,
      el('main', {}, this.chartsPanel, this.overviewPanel, this.artifactsPanel),
    ),
    this.tooltip.element,
    this.live,
  ];

  start(): void {
    this.model.onChange((change) => this.changed(change));
    watchTheme((theme) => {
      this.theme = theme;
      this.frames.mark(this.chrome);
      this.grid.redraw();
    });
    window.addEventListener('resize', () => this.loader.poke(STORE_DELAY_MS));
    // Elapsed times, ETA and the countdown of a stop move without news.
    setInterval(() => this.frames.mark(this.chrome), CLOCK_MS);
    exposePlottedValues(() => this.grid.charts.values());
    this.host.ready();
  }

  private changed(change: Change): void {
    this.frames.mark(this.chrome);
    if (change === 'stop') return;
    if (change === 'snapshot') this.loader.renew();
    if (change !== 'runs') this.grid.redraw();
    // Also what the host chose: a panel that nobody touched is restored, too.
    if (change === 'state' || change === 'snapshot') this.storeSoon();
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
    this.grid.update();
    this.drawDetail();
  }

  private drawDetail(): void {
    const { tab } = this.model.state;
    const run = this.model.focused();
    if (run === undefined || tab === 'charts') return;
    const detail = this.model.details.get(run.row.run_id);
    // Rebuilding takes a selection and open parts away: only when something in it changed.
    const drawn = `${tab} ${run.row.run_id} ${run.row.rev} ${detail?.rev} ${run.row.status}`;
    if (drawn === this.drawnDetail) return;
    const open = [...this.overviewPanel.querySelectorAll<HTMLElement>('details[open]')].map((one) => one.dataset.part);
    this.drawnDetail = drawn;
    if (tab === 'overview') this.overviewPanel.replaceChildren(...overview(run, detail, this.act));
    else this.artifactsPanel.replaceChildren(...artifacts(run, detail, this.act));
    for (const part of open) this.overviewPanel.querySelector(`details[data-part="${part}"]`)?.setAttribute('open', '');
  }

  private drawTooltip(place: CursorPlace | null): void {
    const chart = place === null ? undefined : this.grid.charts.get(place.key);
    if (place === null || chart === undefined || !chart.visible) return this.tooltip.hide();
    this.tooltip.show(
      {
        key: place.key,
        values: chart.valuesAt(place.x),
        y: place.y,
        axis: this.model.state.x,
        runOf: (run_id) => this.model.run(run_id),
        colorOf: (color) => this.theme.series[color] ?? this.theme.foreground,
        baseline: this.model.focused()?.row.run_id ?? null,
      },
      place.client,
    );
  }

  private async run(action: PanelAction): Promise<void> {
    try {
      const stop = await this.host.act(action);
      this.notices.setActionError(null);
      if (stop !== undefined && 'run_id' in action) this.model.setStop(action.run_id, stop);
    } catch (error) {
      this.notices.setActionError(error instanceof Error ? error.message : String(error));
      this.frames.mark(this.chrome);
    }
  }

  private storeSoon(): void {
    this.storeTimer ??= setTimeout(() => {
      this.storeTimer = undefined;
      this.host.store(this.model.state);
    }, STORE_DELAY_MS);
  }
}
