/** A tab of charts: a grid, and what its charts share (loader, cursor, tooltip, menus, editor). */
import { el } from '../shared/dom';
import { type View, viewOf } from '../model/frames';
import { SeriesLoader, type Wanted } from '../model/seriesLoader';
import type { OpenTab, TabChange, TabContext } from '../panel/panelTab';
import { drawnAxis, type Scope } from './axes';
import { ChartEditor } from './chartEditor';
import { ChartMenus } from './chartMenus';
import { Cursor, type CursorPlace } from './cursor';
import { CursorTooltip } from './cursorTooltip';
import { Grid } from './grid';
import './grid.css';
import type { GridState } from './gridState';
import { exposePlottedValues } from './plottedValues';

/** Requested points are rounded up to this, so that dragging an edge does not fetch again for every pixel. */
const POINTS_STEP = 64;

export class GridTab implements OpenTab {
  readonly element: HTMLElement;
  private readonly loader: SeriesLoader;
  private readonly grid: Grid;
  private readonly tooltip = new CursorTooltip();
  private readonly editor: ChartEditor;
  private readonly view: View;

  /** `belongs` tells which metrics have charts in this tab. */
  constructor(
    scope: Scope,
    belongs: (key: string) => boolean,
    private readonly context: TabContext<GridState>,
  ) {
    const { model, frames, host } = context;
    this.loader = new SeriesLoader(
      (query) => host.series(query),
      model,
      () => this.wanted(),
      (keys) => this.grid.redraw(keys),
      (message) => context.setLoadError(message),
    );
    this.editor = new ChartEditor(model, context);
    const menus = new ChartMenus(context, (id) => this.editor.open(id));
    const cursor = new Cursor(
      frames,
      () => this.grid.charts.values(),
      (place) => this.drawTooltip(place),
    );
    this.grid = new Grid(
      scope,
      belongs,
      {
        ...{ model, store: context, loader: this.loader, frames, cursor },
        theme: () => context.theme(),
        openChartMenu: (chart, anchor) => menus.openChart(chart, anchor),
        openCheckpointMenu: (mark, x, anchor) => menus.openCheckpoint(mark, x, anchor),
        openOutput: () => {
          const run_id = model.focused()?.row.run_id;
          if (run_id !== undefined) context.act({ do: 'output', run_id });
        },
        announce: (text) => context.announce(text),
      },
      () => this.loader.poke(),
    );
    this.view = viewOf(
      () => context.isOpen(),
      () => this.grid.update(),
    );
    this.element = el('div', { class: 'tab-panel' }, this.grid.element, this.tooltip.element);
    exposePlottedValues(() => this.grid.charts.values());
  }

  newChart(): void {
    this.editor.open(null);
  }

  update(change: TabChange): void {
    if (change === 'pointed') return this.grid.redraw();
    this.context.frames.mark(this.view);
    if (change === 'stop' || change === 'clock') return;
    if (change === 'snapshot') this.loader.renew();
    if (change !== 'runs') this.grid.redraw();
    if (change === 'runs' || change === 'state') this.loader.poke();
  }

  dispose(): void {
    this.loader.dispose();
    this.editor.dispose();
    this.grid.dispose();
  }

  /** What is visible, and how many points fit at one per two pixels. */
  private wanted(): { wanted: Wanted[]; points: number } {
    const { wanted, width } = this.grid.wanted();
    return { wanted, points: Math.ceil(width / 2 / POINTS_STEP) * POINTS_STEP };
  }

  private drawTooltip(place: CursorPlace | null): void {
    const chart = [...this.grid.charts.values()].find((one) => one === place?.chart);
    if (place === null || chart === undefined || !chart.visible) return this.tooltip.hide();
    const { model, state } = this.context;
    const theme = this.context.theme();
    this.tooltip.show(
      {
        title: chart.current.title,
        values: chart.valuesAt(place.x),
        y: place.y,
        axis: drawnAxis(chart.scope, state),
        colorOf: (color) => theme.series[color] ?? theme.foreground,
        baseline: model.focused()?.row.run_id ?? null,
      },
      place.client,
    );
  }
}
