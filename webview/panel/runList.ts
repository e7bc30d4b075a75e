/** The runs of the panel: colour, status, last value of the key metric; a checkbox shows or hides a run's curves. */
import { t } from '../../src/base/texts';
import type { PanelRun } from '../../src/protocol/panel';
import { el, endAlike, icon, setAttribute, setName, setText } from '../shared/dom';
import { formatNumber, toNumber } from '../../src/domain/format';
import { keyMetricOf } from '../../src/domain/metric/keyMetric';
import { groupings, groupOf } from '../../src/domain/run/groups';
import { statusLook } from '../shared/status';
import type { Theme } from '../shared/theme';
import { type PanelModel, toggled } from '../model/panelModel';
import { fillSelect } from '../shared/selectOptions';

interface RunLine {
  root: HTMLElement;
  check: HTMLElementTagNameMap['vscode-checkbox'];
  checkName: HTMLElement;
  swatch: HTMLElement;
  status: HTMLElement;
  name: HTMLButtonElement;
  value: HTMLElement;
}

const POINT_DELAY_MS = 120;

export class RunList {
  readonly element = el('aside', { class: 'run-list', 'aria-label': t('Runs') });
  private readonly list = el('div', { role: 'list' });
  private readonly metric = el('span', { class: 'muted' });
  private readonly lines = new Map<string, RunLine>();
  private readonly group = document.createElement('vscode-single-select');
  private pointTimer: ReturnType<typeof setTimeout> | undefined;
  private groups: { of: PanelRun[]; names: string[] } = { of: [], names: [] };

  constructor(
    private readonly model: PanelModel,
    private readonly theme: () => Theme,
  ) {
    this.group.setAttribute('label', t('Group runs by'));
    this.group.addEventListener('change', () => this.model.patch({ group: this.group.value || null }));
    this.element.append(
      el('div', { class: 'run-list-head' }, el('span', {}, t('Runs')), this.metric),
      el('div', { class: 'group-by' }, el('span', { class: 'muted' }, t('Group by')), this.group),
      this.list,
    );
  }

  update(): void {
    const { runs } = this.model;
    this.element.hidden = runs.length < 2;
    const keys = [...new Set(runs.flatMap((run) => Object.keys(run.row.metrics)))];
    const metric = keyMetricOf(keys, this.model.keyMetric) ?? null;
    setText(this.metric, metric ?? '');
    const ids = new Set(runs.map((run) => run.row.run_id));
    for (const [id, line] of this.lines) {
      if (ids.has(id)) continue;
      line.root.remove();
      this.lines.delete(id);
    }
    const cutEnds = endAlike(runs.map((run) => this.model.nameOf(run)));
    for (const run of runs) this.updateLine(run, metric, cutEnds);
    this.updateGroups();
  }

  private updateGroups(): void {
    const { runs, state } = this.model;
    if (this.groups.of !== runs) this.groups = { of: runs, names: groupings(runs.map((run) => run.row)) };
    const { names } = this.groups;
    const all = state.group !== null && !names.includes(state.group) ? [...names, state.group] : names;
    fillSelect(
      this.group,
      [{ value: '', label: t('None') }, ...all.map((name) => ({ value: name, label: name.replace(/^params\./, '') }))],
      state.group ?? '',
    );
  }

  /** A group is drawn as one line, in the colour of its first shown run. */
  private colorOf(run: PanelRun): PanelRun {
    const by = this.model.state.group;
    if (by === null) return run;
    const group = groupOf(run.row, by);
    return this.model.shownRuns().find((other) => groupOf(other.row, by) === group) ?? run;
  }

  private updateLine(run: PanelRun, metric: string | null, cutEnds: boolean): void {
    const { row } = run;
    const line = this.lines.get(row.run_id) ?? this.add(row.run_id);
    const shown = !this.model.state.hidden.includes(row.run_id);
    if (line.check.checked !== shown) line.check.checked = shown;
    setText(line.checkName, t('Show {0}', this.model.nameOf(run)));
    const { color, dash } = this.colorOf(run);
    line.swatch.style.backgroundColor = this.theme().series[color] ?? '';
    line.swatch.className = `swatch dash-${dash}`;
    const look = statusLook(row.status);
    if (line.status.dataset.status !== row.status) {
      line.status.dataset.status = row.status;
      line.status.className = `status status-${row.status}`;
      line.status.title = look.label;
      line.status.replaceChildren(icon(look.icon, look.spin));
    }
    const name = this.model.nameOf(run);
    setName(line.name, name, cutEnds);
    setAttribute(line.name, 'title', `${name}\n${row.run_id}`);
    setAttribute(line.name, 'aria-label', `${name}, ${look.label}`);
    setAttribute(line.name, 'aria-current', String(this.model.focused()?.row.run_id === row.run_id));
    const summary = metric === null ? undefined : row.metrics[metric];
    setText(line.value, summary === undefined ? '' : formatNumber(toNumber(summary.last)));
  }

  /** Highlights the run's curves once the pointer rests on it, so that nothing flickers while it passes. */
  private pointSoon(run_id: string | null): void {
    clearTimeout(this.pointTimer);
    this.pointTimer = setTimeout(() => {
      const run = run_id === null ? undefined : this.model.run(run_id);
      this.model.point(run === undefined ? null : this.colorOf(run).row.run_id);
    }, POINT_DELAY_MS);
  }

  private add(run_id: string): RunLine {
    const check = document.createElement('vscode-checkbox');
    const line: RunLine = {
      root: el('div', { class: 'run-line', role: 'listitem' }),
      check,
      checkName: el('span', { class: 'sr-only' }),
      swatch: el('span', { class: 'swatch' }),
      status: el('span', { class: 'status' }),
      name: el('button', { class: 'run-name', type: 'button' }),
      value: el('span', { class: 'number' }),
    };
    check.addEventListener('change', () => this.model.patch({ hidden: toggled(this.model.state.hidden, run_id) }));
    line.name.addEventListener('click', () => this.model.patch({ focus: run_id }));
    line.root.addEventListener('pointerenter', () => this.pointSoon(run_id));
    line.root.addEventListener('pointerleave', () => this.pointSoon(null));
    // Not after a click, which leaves the focus on the name.
    line.root.addEventListener('focusin', ({ target }) => {
      if (target instanceof Element && target.matches(':focus-visible')) this.pointSoon(run_id);
    });
    line.root.addEventListener('focusout', () => this.pointSoon(null));
    line.check.append(line.checkName);
    line.root.append(line.check, line.swatch, line.status, line.name, line.value);
    this.lines.set(run_id, line);
    this.list.append(line.root);
    return line;
  }
}
