/** Describes a run in a few words, the same in the tree, status bar and notifications. */
import * as vscode from 'vscode';
import { formatAgo, formatBytes, formatDuration, formatLine, formatNumber, toNumber } from '../../domain/format';
import { keyMetricOf } from '../../domain/metric/keyMetric';
import { isActive } from '../../domain/run/lifecycle';
import type { RunRow, SourceLine, Status, Summary } from '../../protocol/rows';
import type { SeriesStyle } from './runColors';
import { SERIES_COLORS } from '../manifest/ids';

const LARGE_BACKLOG = 5_000_000;

/** The amount of journals that the collector has not read yet; null if it is small. */
export function backlogText(bytes: number): string | null {
  return bytes > LARGE_BACKLOG ? vscode.l10n.t('{0} of journals still to load', formatBytes(bytes)) : null;
}

/** Shape and colour of a status: either alone says it. Active and completed runs have the colour of their curve. */
const ICONS: Record<Status, { icon: string; color: string | null }> = {
  queued: { icon: 'watch', color: null },
  running: { icon: 'sync~spin', color: null },
  lost: { icon: 'debug-disconnect', color: 'list.warningForeground' },
  completed: { icon: 'check', color: null },
  failed: { icon: 'error', color: 'list.errorForeground' },
  killed: { icon: 'debug-stop', color: 'descriptionForeground' },
  cancelled: { icon: 'circle-slash', color: 'descriptionForeground' },
};

export function statusIcon(status: Status, style: SeriesStyle): vscode.ThemeIcon {
  const { icon, color } = ICONS[status];
  return new vscode.ThemeIcon(icon, new vscode.ThemeColor(color ?? SERIES_COLORS[style.color] ?? SERIES_COLORS[0]));
}

export function statusWord(status: Status): string {
  const words: Record<Status, string> = {
    queued: vscode.l10n.t('queued'),
    running: vscode.l10n.t('running'),
    lost: vscode.l10n.t('lost (not responding)'),
    completed: vscode.l10n.t('completed'),
    failed: vscode.l10n.t('failed'),
    killed: vscode.l10n.t('stopped'),
    cancelled: vscode.l10n.t('cancelled'),
  };
  return words[status];
}

export function keyMetric(metrics: Record<string, Summary>, chosen: string): [string, Summary] | null {
  const key = keyMetricOf(Object.keys(metrics), chosen);
  const summary = key === undefined ? undefined : metrics[key];
  return key !== undefined && summary ? [key, summary] : null;
}

export function metricText([key, summary]: [string, Summary]): string {
  return `${key} ${formatNumber(toNumber(summary.last))}`;
}

/** For narrow places: the value comes first, so that the name is cut off. */
export function valueText(key: string, value: number): string {
  return `${formatNumber(value)} ${key}`;
}

/** "worker-2 is gone, worker-3 is 40 steps behind"; null if all workers are fine. */
export function troublesText({ troubles = [] }: Pick<RunRow, 'troubles'>): string | null {
  const texts = troubles.map(({ worker, kind, steps = 0 }) => {
    if (kind === 'behind') return vscode.l10n.t('{0} is {1} steps behind', worker, formatNumber(steps));
    return kind === 'gone' ? vscode.l10n.t('{0} is gone', worker) : vscode.l10n.t('{0} failed', worker);
  });
  return texts.length === 0 ? null : texts.join(', ');
}

/** "62%", or the step reached if the total is not known. */
export function progressText(row: Pick<RunRow, 'progress'>): string | null {
  if (!row.progress) return null;
  const { cur, total, unit } = row.progress;
  if (total === null || total <= 0) return `${formatNumber(cur)} ${unit}`;
  return `${Math.min(100, Math.floor((100 * cur) / total))}%`;
}

/** The error's first line. */
export function failureText(row: Pick<RunRow, 'error'>): string {
  return row.error?.trim().split('\n')[0]?.trim() ?? '';
}

export function sourceText(at: SourceLine): string {
  return formatLine(at);
}

/** What follows a run's name: its key metric, then how far it is, why it failed, or when it ended. */
export function runDescription(row: RunRow, chosenMetric: string, now: number): string {
  const failed = row.status === 'failed';
  const metric = failed ? null : keyMetric(row.metrics, chosenMetric);
  const parts = [metric && valueText(metric[0], toNumber(metric[1].last))];
  if (failed) parts.push(failureText(row) || statusWord('failed'), row.error_at && sourceText(row.error_at));
  else if (row.status === 'running') parts.push(troublesText(row), progressText(row) ?? row.phase);
  else if (row.starts_at)
    parts.push(vscode.l10n.t('attempt {0} starts at {1}', row.attempt, new Date(row.starts_at).toLocaleTimeString()));
  else if (isActive(row.status)) parts.push(statusWord(row.status));
  else
    parts.push(
      row.status === 'completed' ? null : statusWord(row.status),
      row.lives ? vscode.l10n.t('script still running') : row.ended === null ? null : formatAgo(row.ended, now),
    );
  return parts.filter(Boolean).join('  ');
}

export function durationText(row: Pick<RunRow, 'started' | 'ended'>, now: number): string | null {
  return row.started === null ? null : formatDuration(((row.ended ?? now) - row.started) / 1000);
}
