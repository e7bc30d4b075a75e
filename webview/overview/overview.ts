/** Everything about one run but its curves: why it failed, metrics, params, attempts, code, environment, warnings. */
import { t } from '../../src/base/texts';
import { isRecord } from '../../src/base/unknown';
import type { PanelAction, PanelRun } from '../../src/protocol/panel';
import type { Json } from '../../src/protocol/events';
import type { Attempt, RunDetail } from '../../src/protocol/rows';
import { el } from '../shared/dom';
import { formatBytes, formatCount, formatDuration, formatNumber, formatTime, toNumber } from '../../src/domain/format';
import { keyMetricOf } from '../../src/domain/metric/keyMetric';
import { statusLook } from '../shared/status';
import { markdown } from './markdown';
import { MetricGroups, SYSTEM_SECTION } from '../model/metricGroups';
import { tracebackView } from './tracebackView';

type Act = (action: PanelAction) => void;

/** Cards beyond this are folded. */
const MOST_CARDS = 15;

export function overview(run: PanelRun, detail: RunDetail | undefined, keyMetric: string, act: Act): HTMLElement[] {
  return [
    failure(run, detail, act),
    section(t('Metrics'), metricCards(run, keyMetric)),
    section(t('Parameters'), keyValues(run.row.params)),
    detail && section(t('Notes'), notes(detail, act)),
    detail && section(t('Alerts'), alertTable(detail)),
    detail && section(t('Warnings'), warningTable(detail)),
    detail && section(t('Attempts'), detail.attempts.length > 0 ? attemptTable(detail.attempts) : null),
    detail && section(t('Commands'), commandTable(detail)),
    detail && section(t('Code'), code(detail, act)),
    section(
      t('Run'),
      keyValues({
        [t('id')]: run.row.run_id,
        [t('status')]: statusLook(run.row.status).label,
        [t('experiment')]: run.row.experiment,
        ...run.row.tags,
      }),
    ),
    detail && section(t('Environment'), environment(detail)),
  ].filter((part): part is HTMLElement => part !== null && part !== undefined);
}

/** The notes, with a button to edit them. */
function notes({ run_id, notes: text }: RunDetail, act: Act): HTMLElement {
  const edit = el('button', { class: 'link', type: 'button' }, text === '' ? t('Add Notes…') : t('Edit Notes…'));
  edit.addEventListener('click', () => act({ do: 'notes', run_id }));
  const shown = text === '' ? null : markdown(text, (url) => act({ do: 'link', url }));
  return el('div', {}, shown, edit);
}

function section(title: string, body: HTMLElement | null): HTMLElement | null {
  return body === null ? null : el('section', { class: 'overview-section' }, el('h2', {}, title), body);
}

function failure({ row }: PanelRun, detail: RunDetail | undefined, act: Act): HTMLElement | null {
  if (row.error === null) return null;
  const open = (file: string, line: number): void => act({ do: 'open', run_id: row.run_id, file, line });
  const trace = detail?.traceback ? tracebackView(detail.traceback, open) : null;
  return el('section', { class: 'failure', role: 'alert' }, el('h2', {}, row.error), trace);
}

/** The key metric, then the others in the order of their charts. System metrics have their own tab. */
function metricCards({ row }: PanelRun, keyMetric: string): HTMLElement | null {
  const groups = new MetricGroups();
  groups.add(Object.keys(row.metrics));
  const key = keyMetricOf(Object.keys(row.metrics), keyMetric);
  const keys = groups
    .list(() => true, key === undefined ? [] : [key])
    .flatMap(({ name, ids }) => (name === SYSTEM_SECTION ? [] : ids));
  if (keys.length === 0) return null;
  const cards = keys.map((key) => {
    const metric = row.metrics[key]!;
    const extreme = (name: string, value: number | null, x: number | null): HTMLElement =>
      el(
        'span',
        { title: x === null ? undefined : t('at {0}', formatCount(x)) },
        el('span', { class: 'muted' }, `${name} `),
        value === null ? '–' : formatNumber(value),
      );
    const bad = metric.nan + metric.inf;
    return el(
      'div',
      { class: 'metric-card' },
      el('div', { class: 'metric-key', title: key }, key),
      el('div', { class: 'metric-last number' }, formatNumber(toNumber(metric.last))),
      el(
        'div',
        { class: 'metric-range number' },
        extreme(t('min'), metric.min, metric.min_x),
        extreme(t('max'), metric.max, metric.max_x),
      ),
      bad > 0 && el('div', { class: 'chart-bad' }, t('{0} NaN/∞', formatCount(bad))),
    );
  });
  const grid = (some: HTMLElement[]): HTMLElement => el('div', { class: 'metric-cards' }, ...some);
  if (cards.length <= MOST_CARDS) return grid(cards);
  const more = el('summary', {}, t('{0} more metrics', formatCount(cards.length - MOST_CARDS)));
  const folded = el('details', { 'data-part': 'metrics' }, more, grid(cards.slice(MOST_CARDS)));
  return el('div', {}, grid(cards.slice(0, MOST_CARDS)), folded);
}

/** Packages and variables are many, so they start folded. */
function environment(detail: RunDetail): HTMLElement | null {
  const { packages, env_vars, ...rest } = asRecord(detail.environment);
  const { memory } = asRecord(rest['hardware'] ?? null);
  if (typeof memory === 'number') rest['hardware'] = { ...asRecord(rest['hardware']!), memory: formatBytes(memory) };
  const parts = [
    keyValues(rest),
    folded(t('Packages'), asRecord(packages ?? null)),
    folded(t('Environment variables'), asRecord(env_vars ?? null)),
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : el('div', {}, ...parts);
}

function folded(title: string, values: Record<string, Json>): HTMLElement | null {
  const body = keyValues(values);
  const count = formatCount(Object.keys(values).length);
  return body && el('details', { 'data-part': title }, el('summary', {}, `${title} (${count})`), body);
}

/** Nested values are flattened: `gpu.0.name`. */
function keyValues(values: Record<string, Json>): HTMLElement | null {
  const lines = Object.entries(values).flatMap(([key, value]) => flatten(key, value));
  if (lines.length === 0) return null;
  const body = el(
    'tbody',
    {},
    ...lines.map(([key, text]) => el('tr', {}, el('th', { scope: 'row' }, key), el('td', {}, text))),
  );
  return el('table', { class: 'key-values' }, body);
}

function flatten(key: string, value: Json): [string, string][] {
  if (value === null) return [];
  if (typeof value === 'number') return [[key, formatNumber(value)]];
  if (typeof value !== 'object') return [[key, String(value)]];
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object'))
    return value.length > 0 ? [[key, value.join(', ')]] : [];
  return Object.entries(value).flatMap(([name, inner]) => flatten(`${key}.${name}`, inner));
}

function asRecord(value: Json): Record<string, Json> {
  return isRecord(value) ? value : {};
}

function table(heads: string[], rows: (string | HTMLElement)[][]): HTMLElement {
  const head = el('thead', {}, el('tr', {}, ...heads.map((text) => el('th', { scope: 'col' }, text))));
  const body = el('tbody', {}, ...rows.map((cells) => el('tr', {}, ...cells.map((cell) => el('td', {}, cell)))));
  return el('table', { class: 'rows' }, head, body);
}

function attemptTable(attempts: Attempt[]): HTMLElement {
  const rows = attempts.map((attempt) => [
    String(attempt.n),
    formatTime(attempt.started),
    attempt.ended === null ? '' : formatDuration((attempt.ended - attempt.started) / 1000),
    attempt.from_checkpoint ?? '',
    exitText(attempt),
  ]);
  return table([t('Attempt'), t('Started'), t('Duration'), t('From checkpoint'), t('Exit')], rows);
}

function exitText({ exit }: Attempt): string {
  if (exit === null) return '';
  const how = exit.signal === undefined ? (exit.code === undefined ? '' : t('exit code {0}', exit.code)) : exit.signal;
  return [how, exit.reason].filter(Boolean).join(': ');
}

function code(detail: RunDetail, act: Act): HTMLElement | null {
  const { git_diff, argv, entrypoint, ...rest } = asRecord(detail.source);
  const parts: (HTMLElement | null)[] = [
    keyValues({
      [t('entrypoint')]: entrypoint ?? null,
      [t('command')]: Array.isArray(argv) ? argv.filter((part) => typeof part === 'string').join(' ') : null,
      ...rest,
    }),
  ];
  if (typeof entrypoint === 'string') {
    const open = el('button', { class: 'link', type: 'button' }, t('Open Script'));
    open.addEventListener('click', () => act({ do: 'open', run_id: detail.run_id, file: entrypoint }));
    parts.push(open);
  }
  if (typeof git_diff === 'string' && git_diff !== '') parts.push(diffView(git_diff));
  const shown = parts.filter((part) => part !== null);
  return shown.length === 0 ? null : el('div', {}, ...shown);
}

function diffView(diff: string): HTMLElement {
  const lines = diff
    .trimEnd()
    .split('\n')
    .map((line) => {
      const kind = /^\+(?!\+\+)/.test(line)
        ? 'added'
        : /^-(?!--)/.test(line)
          ? 'removed'
          : line.startsWith('@@')
            ? 'hunk'
            : undefined;
      return el('span', { class: kind }, `${line}\n`);
    });
  const title = el(
    'summary',
    {},
    t('Uncommitted changes ({0} lines)', lines.filter((line) => line.className !== '').length),
  );
  return el('details', { 'data-part': 'diff' }, title, el('pre', { class: 'diff', tabindex: 0 }, ...lines));
}

function commandTable({ commands }: RunDetail): HTMLElement | null {
  if (commands.length === 0) return null;
  const rows = commands.map((command) => [
    command.type,
    formatTime(command.at),
    command.acks.map((ack) => [ack.worker, ack.status, ack.error].filter(Boolean).join(' ')).join(', ') ||
      t('no response yet'),
  ]);
  return table([t('Command'), t('Sent'), t('Response')], rows);
}

/** The latest first. */
function alertTable({ alerts }: RunDetail): HTMLElement | null {
  if (alerts.length === 0) return null;
  const rows = alerts.toReversed().map(({ at, level, title, text, stops }) => {
    return [formatTime(at), level, text === '' ? title : `${title}: ${text}`, stops ? t('stopped the run') : ''];
  });
  return table([t('Time'), t('Level'), t('Alert'), ''], rows);
}

function warningTable({ warnings }: RunDetail): HTMLElement | null {
  if (warnings.length === 0) return null;
  const where = (file?: string, offset?: number): string =>
    file === undefined ? '' : offset === undefined ? file : t('{0} at byte {1}', file, offset);
  const rows = warnings.map((warning) => [
    warning.message,
    where(warning.file, warning.offset),
    warning.count > 1 ? `${formatCount(warning.count)}×` : '',
  ]);
  return table([t('Warning'), t('Where'), ''], rows);
}
