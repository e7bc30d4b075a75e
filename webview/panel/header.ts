/** The header: name, status, progress and ETA of the focused run, and its actions. */
import { t } from '../../src/base/texts';
import type { PanelAction, PanelRun } from '../../src/protocol/panel';
import type { RunRow, StopResult } from '../../src/protocol/rows';
import { el, icon, setAttribute, setName, setText } from '../shared/dom';
import { formatAgo, formatCount, formatDuration, formatLine, formatNumber, formatTime } from '../../src/domain/format';
import { statusActions, statusLook } from '../shared/status';
import { Eta, type Pace } from './eta';
import type { PanelModel } from '../model/panelModel';

type RunCommand = Extract<
  PanelAction,
  { do: 'stop' | 'resume' | 'again' | 'output' | 'checkpoint_now' | 'pause' | 'unpause' }
>['do'];

interface ActionButton {
  element: HTMLElement & { disabled: boolean };
  label: HTMLElement;
}

export class Header {
  readonly element: HTMLElement;
  private readonly name = el('h1', {});
  private readonly status = el('span', { class: 'status' });
  private readonly detail = el('span', { class: 'muted' });
  private readonly progress = el('div', {
    class: 'progress',
    role: 'progressbar',
    'aria-valuemin': 0,
    'aria-valuemax': 100,
  });
  private readonly bar = el('div', { class: 'progress-bar' });
  private readonly progressText = el('span', { class: 'progress-text number' });
  private readonly going = el('div', { class: 'going' }, this.progress, this.progressText);
  private readonly error = el('button', { class: 'run-error link', type: 'button', hidden: true });
  private readonly buttons: Record<'stop' | 'pause' | 'checkpoint_now' | 'resume' | 'again' | 'output', ActionButton>;
  private readonly etas = new Map<string, Eta>();
  private look = '';

  constructor(
    private readonly model: PanelModel,
    private readonly act: (action: PanelAction) => void,
    private readonly showFailure: () => void,
  ) {
    this.progress.append(this.bar);
    this.buttons = {
      stop: this.button('debug-stop', t('Stop'), () => 'stop', true),
      pause: this.button('debug-pause', t('Pause'), (row) => (row.phase === 'paused' ? 'unpause' : 'pause')),
      checkpoint_now: this.button('save', t('Checkpoint Now'), () => 'checkpoint_now'),
      resume: this.button('debug-restart', t('Resume'), () => 'resume', true),
      again: this.button('run-all', t('Run Again'), () => 'again'),
      output: this.button('terminal', t('Output'), () => 'output'),
    };
    this.error.addEventListener('click', () => this.openError());
    const title = el('div', { class: 'title' }, this.name, this.status, this.detail);
    const actions = el('div', { class: 'actions' }, ...Object.values(this.buttons).map((button) => button.element));
    this.element = el('div', { class: 'panel-header' }, title, actions, this.going, this.error);
  }

  update(): void {
    const run = this.model.focused();
    this.element.hidden = run === undefined;
    if (run === undefined) return;
    const { row } = run;
    setName(this.name, row.name);
    setAttribute(this.name, 'title', `${row.name}\n${row.run_id}`);
    this.updateStatus(row);
    this.updateProgress(row);
    this.updateButtons(row);
    this.error.hidden = row.error === null;
    const where = row.error_at === null ? '' : ` (${formatLine(row.error_at)})`;
    setText(this.error, `${row.error?.split('\n')[0] ?? ''}${where}`);
  }

  private updateStatus(row: RunRow): void {
    const look = statusLook(row.status);
    const paused = row.status === 'running' && row.phase === 'paused';
    const key = `${row.status} ${paused}`;
    if (key !== this.look) {
      this.look = key;
      this.status.className = `status status-${row.status}`;
      this.status.replaceChildren(
        icon(paused ? 'debug-pause' : look.icon, look.spin && !paused),
        el('span', {}, look.label),
      );
    }
    const phase = row.status === 'running' && row.phase !== null && row.phase !== 'running' ? row.phase : null;
    const now = Date.now();
    const time =
      row.ended !== null
        ? [
            row.started !== null && t('took {0}', formatDuration((row.ended - row.started) / 1000)),
            formatAgo(row.ended, now),
          ]
            .filter(Boolean)
            .join(' · ')
        : row.started === null
          ? ''
          : t('for {0}', formatDuration(Math.ceil((now - row.started) / 1000)));
    setText(
      this.detail,
      [troublesText(row), phase, time, row.attempt > 1 ? t('attempt {0}', row.attempt) : null]
        .filter(Boolean)
        .join(' · '),
    );
    const times = [row.started, row.ended].flatMap((at, i) =>
      at === null ? [] : i === 0 ? t('Started {0}', formatTime(at)) : t('Ended {0}', formatTime(at)),
    );
    setAttribute(this.detail, 'title', times.join('\n'));
  }

  private updateProgress(row: RunRow): void {
    const { progress } = row;
    // A running run may report progress at any moment, so its space is reserved.
    this.going.hidden = progress === null && row.ended !== null;
    const share = progress?.total ? Math.min(1, Math.max(0, progress.cur / progress.total)) : null;
    this.progress.classList.toggle('none', share === null);
    this.progress.classList.toggle('ended', row.ended !== null);
    this.bar.style.transform = `scaleX(${share ?? 0})`;
    if (progress === null) return setText(this.progressText, '');
    const of = progress.total === null ? '' : `/${formatCount(progress.total)}`;
    const percent = share === null ? null : `${Math.floor(share * 100)}%`;
    const pace = row.status === 'running' ? this.pace(row) : null;
    const eta = pace === null ? null : t('ETA {0}', formatDuration(Math.max(1, Math.round(pace.left))));
    const rate = pace === null ? null : rateText(pace.rate);
    const text = [`${progress.unit} ${formatCount(progress.cur)}${of}`, percent, rate, eta].filter(Boolean).join(' · ');
    setText(this.progressText, text);
    setAttribute(this.progress, 'aria-valuenow', String(Math.round((share ?? 0) * 100)));
    setAttribute(this.progress, 'aria-label', text);
  }

  private pace(row: RunRow): Pace | null {
    const eta = this.etas.get(row.run_id) ?? new Eta();
    this.etas.set(row.run_id, eta);
    return eta.update(row.progress, Date.now(), row.attempt === 1 ? row.started : null);
  }

  private updateButtons(row: RunRow): void {
    const can = statusActions(row);
    const stop = this.model.stops.get(row.run_id);
    const { stop: stopButton, pause, checkpoint_now, resume, again } = this.buttons;
    stopButton.element.hidden = !can.stop;
    setText(stopButton.label, stop === undefined ? t('Stop') : stopLabel(stop));
    pause.element.hidden = !can.stop;
    pause.element.disabled = !can.command;
    setText(pause.label, row.phase === 'paused' ? t('Continue') : t('Pause'));
    checkpoint_now.element.hidden = !can.stop;
    checkpoint_now.element.disabled = !can.command;
    // A completed run without checkpoints has nothing to resume from.
    resume.element.hidden = !can.resume || (row.status === 'completed' && row.checkpoints === 0);
    again.element.hidden = !can.resume;
    again.label.classList.toggle('main', resume.element.hidden);
  }

  private button(iconName: string, text: string, what: (row: RunRow) => RunCommand, main = false): ActionButton {
    const label = el('span', { class: main ? 'action-label main' : 'action-label' }, text);
    const element = document.createElement('vscode-button');
    element.setAttribute('secondary', '');
    element.title = text;
    const mark = icon(iconName);
    mark.slot = 'content-before';
    element.append(mark, label);
    element.addEventListener('click', () => {
      const run: PanelRun | undefined = this.model.focused();
      if (run !== undefined && !element.disabled) this.act({ do: what(run.row), run_id: run.row.run_id });
    });
    return { element, label };
  }

  private openError(): void {
    const row = this.model.focused()?.row;
    if (row?.error_at) this.act({ do: 'open', run_id: row.run_id, file: row.error_at.file, line: row.error_at.line });
    else this.showFailure();
  }
}

/** Names workers that are gone, failed or lag behind. */
function troublesText({ troubles = [] }: RunRow): string | null {
  const [first, ...more] = troubles;
  if (first === undefined) return null;
  const { worker, kind, steps = 0 } = first;
  const texts = {
    behind: t('{0} is {1} steps behind', worker, formatNumber(steps)),
    gone: t('{0} is gone', worker),
    failed: t('{0} failed', worker),
  };
  return more.length > 0 ? t('{0}, and {1} more', texts[kind], more.length) : texts[kind];
}

/** Slow rates are given as the time per unit. */
function rateText(rate: number): string {
  return rate >= 1 ? t('{0}/s', formatNumber(Number(rate.toPrecision(2)))) : t('{0} each', formatDuration(1 / rate));
}

/** What another click on Stop does, and what happens by itself when the countdown ends. */
const NEXT: Record<StopResult['stage'], string> = {
  command: t('Interrupt'),
  int: t('Terminate'),
  term: t('Kill'),
  kill: t('Kill again'),
  ended: t('Stop'),
};

function stopLabel(stop: StopResult): string {
  const left = stop.next_at === null ? 0 : Math.ceil((stop.next_at - Date.now()) / 1000);
  return left > 0 ? t('{0} (in {1}s)', NEXT[stop.stage], left) : t('Stopping…');
}
