/** The compare tab: which params led to which results, along parallel axes and as dots of two values. */
import { t } from '../../src/base/texts';
import { formatNumber } from '../../src/domain/format';
import { keyMetricOf } from '../../src/domain/metric/keyMetric';
import type { PanelRun } from '../../src/protocol/panel';
import { el, icon, iconButton, setText } from '../shared/dom';
import { statusLook } from '../shared/status';
import type { TabContext } from '../panel/panelTab';
import type { CompareState } from './compareState';
import { rankCorrelation, type RunColumn, runColumns, textOf, usualColumns } from './runColumns';
import { parallelLayout, scatterLayout } from './runLayouts';
import { RunPlot, type RunPlotContext } from './runPlot';
import { fillSelect } from '../shared/selectOptions';
import { type LoggedTable, TableView } from '../shared/tableView';
import { toggled } from '../model/panelModel';
import { Tooltip } from '../shared/tooltip';

const FEWEST_RUNS = 2;
/** More rows than this cannot be told apart. */
const MOST_IN_TOOLTIP = 14;

export class CompareView {
  readonly element = el('div', { class: 'tab-panel compare' });
  readonly tooltip = new Tooltip();
  private readonly empty = el('div', { class: 'empty', hidden: true });
  private readonly body: HTMLElement;
  private readonly axes = el('div', { class: 'compare-axes', role: 'group', 'aria-label': t('Axes') });
  private readonly x = document.createElement('vscode-single-select');
  private readonly y = document.createElement('vscode-single-select');
  private readonly parallel: RunPlot;
  private readonly scatter: RunPlot;
  private readonly table = new TableView(t('runs'), (table) => this.context.patch({ table }));
  private readonly importance = el('p', { class: 'muted' });
  private readonly note = el('p', { class: 'muted' });
  private columns: RunColumn[] = [];
  private shown: RunColumn[] = [];
  private drawn = '';
  private chips = '';

  constructor(private readonly context: TabContext<CompareState>) {
    const { frames, model } = context;
    const plot: RunPlotContext = {
      frames,
      theme: () => context.theme(),
      pointed: (run_id, at) => this.point(run_id, at),
      choose: (run_id) => model.patch({ focus: run_id }),
      announce: (text) => context.announce(text),
    };
    this.parallel = new RunPlot('parallel', plot);
    this.scatter = new RunPlot('scatter', plot);
    this.x.setAttribute('label', t('X axis'));
    this.y.setAttribute('label', t('Y axis'));
    this.x.addEventListener('change', () => context.patch({ x: this.x.value }));
    this.y.addEventListener('change', () => context.patch({ y: this.y.value }));
    const swap = iconButton('arrow-swap', t('Swap Axes'), () => {
      const { value } = this.x;
      context.patch({ x: this.y.value, y: value });
    });
    this.body = el(
      'div',
      { class: 'compare-body' },
      el('h2', {}, t('Parallel coordinates')),
      this.axes,
      this.parallel.element,
      this.importance,
      el('h2', {}, t('Table')),
      this.table.element,
      el('h2', {}, t('Scatter')),
      el(
        'div',
        { class: 'compare-choice' },
        el('label', { class: 'field' }, el('span', { class: 'muted' }, t('X axis')), this.x),
        swap,
        el('label', { class: 'field' }, el('span', { class: 'muted' }, t('Y axis')), this.y),
      ),
      this.scatter.element,
      this.note,
    );
    this.element.append(this.empty, this.body, this.tooltip.element);
  }

  update(): void {
    const { model, state } = this.context;
    const runs = model.shownRuns();
    const { columns } = state;
    this.table.arrange(state.table);
    const theme = this.context.theme();
    const rows = runs.map(({ row, color, dash }) => [row.run_id, row.status, row.params, row.metrics, color, dash]);
    const drawn = JSON.stringify([rows, columns, state.x, state.y, theme.series, theme.foreground]);
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    this.columns = runColumns(runs.map(({ row }) => row));
    const keyMetric = keyMetricOf(model.metricKeys(), model.keyMetric);
    const usual = usualColumns(this.columns, keyMetric);
    // In the order of the columns, not of the clicks. Columns that the runs lack are skipped.
    this.shown = columns === null ? usual : this.columns.filter(({ id }) => columns.includes(id));
    const fits = runs.length >= FEWEST_RUNS && this.columns.length >= 2;
    this.body.hidden = !fits;
    this.empty.hidden = fits;
    if (!fits) return this.showEmpty(model.runs.length, runs.length);
    this.drawChips();
    const lines = this.shown.length >= 2 ? this.shown : usual;
    this.parallel.show(
      parallelLayout(runs, lines, theme),
      t('{0} runs across {1}', runs.length, lines.map(({ label }) => label).join(', ')),
    );
    setText(this.importance, importanceText(runs, lines));
    this.table.show(this.tableOf(runs, lines));
    const [x, y] = this.scatterColumns(usual);
    const choices = this.columns.map(({ id, label }) => ({ value: id, label }));
    fillSelect(this.x, choices, x.id);
    fillSelect(this.y, choices, y.id);
    const layout = scatterLayout(runs, x, y, theme);
    this.scatter.show(layout, t('{0} of {1} runs', `${y.label} / ${x.label}: ${layout.runs.length}`, runs.length));
    const without = runs.length - layout.runs.length;
    setText(
      this.note,
      without === 0 ? '' : t('{0} runs are not shown because they lack one of the two values.', without),
    );
  }

  /** The values on the axes as a table that can be sorted. */
  private tableOf(runs: readonly PanelRun[], columns: readonly RunColumn[]): LoggedTable {
    const rows = runs.map((run) => [
      this.context.model.nameOf(run),
      statusLook(run.row.status).label,
      ...columns.map((column) => {
        const value = column.valueOf(run.row);
        return value === null || column.words === null ? value : textOf(column, value);
      }),
    ]);
    return { columns: [t('run'), t('status'), ...columns.map(({ label }) => label)], rows, total: rows.length };
  }

  /** The chosen columns where they exist, else the first param against the main metric. */
  private scatterColumns(usual: RunColumn[]): [RunColumn, RunColumn] {
    const byId = (id: string | null): RunColumn | undefined => this.columns.find((column) => column.id === id);
    const y = byId(this.context.state.y) ?? usual.at(-1)!;
    const x = byId(this.context.state.x) ?? usual.find((column) => column !== y) ?? this.columns[0]!;
    return [x, y];
  }

  /** A pressed chip has an axis. */
  private drawChips(): void {
    const ids = this.shown.map(({ id }) => id);
    const drawn = JSON.stringify([this.columns.map(({ id }) => id), ids]);
    if (drawn === this.chips) return;
    this.chips = drawn;
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.column : undefined;
    this.axes.replaceChildren(
      ...this.columns.map(({ id, label }) => {
        const chip = el(
          'button',
          { class: 'chip', type: 'button', 'data-column': id, 'aria-pressed': String(ids.includes(id)) },
          label,
        );
        chip.addEventListener('click', () => this.context.patch({ columns: toggled(ids, id) }));
        return chip;
      }),
    );
    if (focused !== undefined) this.axes.querySelector<HTMLElement>(`[data-column="${CSS.escape(focused)}"]`)?.focus();
  }

  private point(run_id: string | null, at: { x: number; y: number }): string {
    const run = run_id === null ? undefined : this.context.model.run(run_id);
    if (run === undefined) {
      this.tooltip.hide();
      return '';
    }
    const values = this.shown.slice(-MOST_IN_TOOLTIP).map((column) => {
      const value = column.valueOf(run.row);
      return [column.label, value === null ? '–' : textOf(column, value)] as const;
    });
    const swatch = el('span', { class: `swatch dash-${run.dash}` });
    swatch.style.backgroundColor = this.context.theme().series[run.color] ?? '';
    const name = this.context.model.nameOf(run);
    const lines = values.map(([label, text]) => el('tr', {}, el('td', {}, label), el('td', { class: 'number' }, text)));
    this.tooltip.show(
      [el('div', { class: 'tooltip-title' }, swatch, ' ', el('strong', {}, name)), el('table', {}, ...lines)],
      at,
    );
    return `${name}: ${values.map(([label, text]) => `${label} ${text}`).join(', ')}`;
  }

  private showEmpty(all: number, shown: number): void {
    const why =
      all < FEWEST_RUNS
        ? t('Select several runs in the XTrack view and open their charts.')
        : shown < FEWEST_RUNS
          ? t('Show at least two runs in the list on the left.')
          : t('These runs have the same parameters and the same latest metric values.');
    this.empty.replaceChildren(
      el('p', { class: 'empty-title' }, icon('graph-scatter'), ' ', t('Nothing to compare yet.')),
      el('p', {}, why),
    );
  }
}

/** Lists how strongly each axis correlates with the last one, strongest first. */
function importanceText(runs: readonly PanelRun[], columns: readonly RunColumn[]): string {
  const last = columns.at(-1)!;
  const found = columns
    .slice(0, -1)
    .map((column) => ({
      label: column.label,
      r: rankCorrelation(
        runs.map(({ row }) => row),
        column,
        last,
      ),
    }))
    .filter((one): one is { label: string; r: number } => one.r !== null)
    .sort((a, b) => Math.abs(b.r) - Math.abs(a.r));
  const parts = found.map(({ label, r }) => `${label} ${formatNumber(Number(r.toFixed(2)))}`);
  return parts.length === 0 ? '' : t('Rank correlation with {0}: {1}', last.label, parts.join(', '));
}
