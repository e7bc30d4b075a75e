/** The panel around its tabs: channel to the host, header, run list, notices. It notifies tabs of changes, but knows none. */
import { Pace } from '../../src/base/pace';
import { t } from '../../src/base/texts';
import { messageOf } from '../../src/base/unknown';
import type { PanelAction } from '../../src/protocol/panel';
import { DetailLoader } from '../model/detailLoader';
import { Frames, viewOf } from '../model/frames';
import { Host } from '../model/host';
import { type Change, PanelModel } from '../model/panelModel';
import { el, setText } from '../shared/dom';
import { readTheme, watchTheme } from '../shared/theme';
import { Header } from './header';
import { Notices } from './notices';
import type { OpenTab, PanelTab, TabChange, TabContext } from './panelTab';
import { RunList } from './runList';
import { RunListSash } from './runListSash';
import { shownTab, TabBar } from './tabBar';

const STORE_MS = 250;
const CLOCK_MS = 1000;

export class ChartPanel {
  private readonly model: PanelModel;
  private readonly frames = new Frames();
  private theme = readTheme();
  private readonly host = new Host((message) => {
    this.model.receive(message, this.host.storedState());
    document.documentElement.dataset.xtrackReady = 'true';
  });
  private readonly notices: Notices;
  private readonly details: DetailLoader;
  private readonly live = el('div', { class: 'sr-only', 'aria-live': 'polite' });
  private readonly act = (action: PanelAction): void => void this.run(action);
  private readonly header: Header;
  private readonly runList: RunList;
  private readonly sash: RunListSash;
  private readonly open: OpenTab[];
  private readonly tabBar: TabBar;
  private readonly chrome = viewOf(
    () => true,
    () => this.drawChrome(),
  );
  private readonly storing = new Pace(STORE_MS, () => this.host.store(this.model.stored()));
  private readonly top: HTMLElement;
  readonly elements: HTMLElement[];

  /** `failureTab`: the one that shows why a run failed. */
  constructor(
    private readonly tabs: readonly PanelTab[],
    failureTab: string,
  ) {
    const model = new PanelModel(tabs.map(({ state }) => state));
    this.model = model;
    this.notices = new Notices(model);
    this.details = new DetailLoader(
      (run_id) => this.host.detail(run_id),
      model,
      () => shownTab(model, tabs).followsDetail === true,
      (message) => this.notices.setLoadError(message),
    );
    this.header = new Header(model, this.act, () => model.patch({ tab: failureTab }));
    this.runList = new RunList(model, () => this.theme);
    this.sash = new RunListSash(this.runList.element, model, this.frames);
    this.open = tabs.map((tab) => tab.create(this.contextOf(tab)));
    const panels = this.open.map(({ element }) => element);
    this.tabBar = new TabBar(model, tabs, panels);
    const top = { class: 'top', role: 'region', 'aria-label': t('Run') };
    this.top = el('div', top, this.notices.element, this.header.element, this.tabBar.element);
    this.elements = [
      this.top,
      el('div', { class: 'columns' }, this.runList.element, this.sash.element, el('main', {}, ...panels)),
      this.live,
    ];
  }

  start(): void {
    this.model.onChange((change) => this.changed(change));
    watchTheme((theme) => {
      this.theme = theme;
      this.frames.mark(this.chrome);
      this.updateTabs('theme');
    });
    // What lies below fills the rest of the window.
    const height = (): void => document.body.style.setProperty('--top-height', `${this.top.offsetHeight}px`);
    new ResizeObserver(height).observe(this.top);
    // Elapsed times, ETA and the countdown of a stop change without messages.
    const clock = setInterval(() => {
      this.frames.mark(this.chrome);
      this.updateTabs('clock');
    }, CLOCK_MS);
    addEventListener('pagehide', () => {
      clearInterval(clock);
      for (const tab of this.open) tab.dispose?.();
    });
    this.host.ready();
  }

  private changed(change: Change): void {
    if (change !== 'pointed') this.frames.mark(this.chrome);
    this.updateTabs(change);
    // Also stored after a snapshot, so that a panel that nobody touched is restored, too.
    if (change === 'state' || change === 'snapshot') this.storing.soon();
    if (change === 'state' || change === 'snapshot' || change === 'runs') this.details.poke();
  }

  private updateTabs(change: TabChange): void {
    for (const tab of this.open) tab.update(change);
  }

  private drawChrome(): void {
    this.notices.update();
    this.header.update();
    this.tabBar.update();
    this.runList.update();
    this.sash.update();
  }

  private contextOf<S extends object>(tab: PanelTab<S>): TabContext<S> {
    const { model, tabs, host, frames } = this;
    return {
      ...{ model, host, frames },
      get state() {
        return model.slice(tab.state);
      },
      patch: (change) => model.patchSlice(tab.state, change),
      isOpen: () => shownTab(model, tabs).id === tab.id,
      theme: () => this.theme,
      act: this.act,
      fail: (message) => this.fail(message),
      setLoadError: (message) => this.notices.setLoadError(message),
      announce: (text) => setText(this.live, text),
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
