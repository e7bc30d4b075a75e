import * as vscode from 'vscode';
import { formatAgo, formatBytes, formatNumber, toNumber } from '../../domain/format';
import type { RunRow } from '../../protocol/rows';
import { durationText, sourceText, statusWord, troublesText } from '../runs/runText';

const LONGEST = 12;

/** Names and values come from scripts: everything is added as text, and the result may not run commands. */
export function runTooltip(row: RunRow, folder: string | undefined): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.isTrusted = false;
  text.supportHtml = false;
  heading(text, row.name);
  const status = [
    statusWord(row.status),
    row.phase,
    row.attempt > 1 ? vscode.l10n.t('attempt {0}', row.attempt) : null,
  ];
  line(text, status.filter(Boolean).join(' · '));
  const troubles = troublesText(row);
  if (troubles !== null) line(text, troubles);
  if (row.alerts && row.alerted)
    line(text, vscode.l10n.t('Alerts: {0}, last {1}', row.alerts, formatAgo(row.alerted, Date.now())));
  if (row.parent) line(text, vscode.l10n.t('Parent run: {0}', row.parent));
  if (folder) line(text, vscode.l10n.t('In {0}', folder));
  if (row.error) line(text, row.error_at ? `${row.error} (${sourceText(row.error_at)})` : row.error);
  if (row.started !== null) {
    const at = new Date(row.started).toLocaleString();
    const took = durationText(row, Date.now()) ?? '';
    line(
      text,
      row.ended === null
        ? vscode.l10n.t('Started {0}, running for {1}', at, took)
        : vscode.l10n.t('Started {0}, took {1}', at, took),
    );
  }
  const metrics = Object.entries(row.metrics).filter(([key]) => !key.startsWith('system/'));
  list(
    text,
    vscode.l10n.t('Metrics'),
    metrics.map(([key, { last }]) => [key, formatNumber(toNumber(last))]),
  );
  list(
    text,
    vscode.l10n.t('Parameters'),
    Object.entries(row.params).map(([key, value]) => [key, brief(value)]),
  );
  list(text, vscode.l10n.t('Tags'), Object.entries(row.tags));
  if (row.size !== undefined) line(text, sizeText(row.size, row.files_size ?? 0));
  line(text, row.run_id);
  return text;
}

function sizeText(size: number, files: number): string {
  const own = vscode.l10n.t('{0} on disk', formatBytes(size));
  return files > 0 ? vscode.l10n.t('{0}, {1} of checkpoints and artifacts', own, formatBytes(files)) : own;
}

function heading(text: vscode.MarkdownString, words: string): void {
  text.appendMarkdown('**').appendText(words).appendMarkdown('**\n\n');
}

function line(text: vscode.MarkdownString, words: string): void {
  text.appendText(words.slice(0, 400)).appendMarkdown('\n\n');
}

function list(text: vscode.MarkdownString, title: string, pairs: [string, string][]): void {
  if (pairs.length === 0) return;
  heading(text, title);
  for (const [key, value] of pairs.slice(0, LONGEST)) {
    text
      .appendMarkdown('- ')
      .appendText(`${key}: ${value.slice(0, 100)}`)
      .appendMarkdown('\n');
  }
  const rest = pairs.length - LONGEST;
  if (rest > 0) text.appendMarkdown('- ').appendText(vscode.l10n.t('… and {0} more', rest)).appendMarkdown('\n');
  text.appendMarkdown('\n');
}

function brief(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
