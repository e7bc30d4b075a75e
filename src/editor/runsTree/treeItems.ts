import * as vscode from 'vscode';
import { formatAgo, formatBytes, formatDuration, shortName, straight, toNumber } from '../../domain/format';
import { betterOf } from '../../domain/metric/keyMetric';
import type { Artifact, Attempt, Checkpoint, RunRow } from '../../protocol/rows';
import { isActive } from '../runs/runFeed';
import type { SeriesStyle } from '../runs/runColors';
import { keyMetric, runDescription, statusIcon, statusWord, valueText } from '../runs/runText';

/** Leaves room for the description in a narrow sidebar. */
const LONGEST_NAME = 20;
const LONGEST_FOLDER = 14;

const { Collapsed, None } = vscode.TreeItemCollapsibleState;

/** `folder`: the run's workspace folder, if there are several. */
export function runItem(
  row: RunRow,
  style: SeriesStyle,
  chosenMetric: string,
  folder: string | undefined,
): vscode.TreeItem {
  const item = new vscode.TreeItem(shortName(row.name, LONGEST_NAME), Collapsed);
  const description = runDescription(row, chosenMetric, Date.now());
  const shown = [row.starred && '★', folder && `${shortName(folder, LONGEST_FOLDER)} ·`, description];
  item.description = shown.filter(Boolean).join(' ');
  item.iconPath = statusIcon(row.status, style);
  item.contextValue = runContext(row);
  const spoken = [row.name, statusWord(row.status), description, folder && vscode.l10n.t('in {0}', folder)];
  item.accessibilityInformation = { label: spoken.filter(Boolean).join(', ') };
  return item;
}

/** Menus match parts of it: `run.active.running`, `run.ended.failed.checkpointed.located.starred`. */
export function runContext(row: RunRow): string {
  const parts = ['run', isActive(row) || row.lives ? 'active' : 'ended', row.status];
  if (row.checkpoints > 0) parts.push('checkpointed');
  if (row.error_at) parts.push('located');
  if (row.starred) parts.push('starred');
  return parts.join('.');
}

export function experimentItem(name: string, rows: RunRow[], all: boolean, chosenMetric: string): vscode.TreeItem {
  const item = new vscode.TreeItem(straight(name), vscode.TreeItemCollapsibleState.Expanded);
  const count = all ? `${rows.length}` : `${rows.length}+`;
  const parts = [rows.length === 1 && all ? vscode.l10n.t('1 run') : vscode.l10n.t('{0} runs', count)];
  const running = rows.filter((row) => row.status === 'running').length;
  if (running > 0) parts.push(vscode.l10n.t('{0} running', running));
  const best = bestValue(rows, chosenMetric);
  if (best && rows.length > 1) parts.push(vscode.l10n.t('best {0}', valueText(best.key, best.value)));
  item.description = parts.join(' · ');
  item.iconPath = new vscode.ThemeIcon('beaker');
  item.contextValue = 'experiment';
  return item;
}

/** The best key metric of the runs; none if its name does not say whether higher or lower is better. */
function bestValue(rows: RunRow[], chosenMetric: string): { key: string; value: number } | null {
  const key = rows.map((row) => keyMetric(row.metrics, chosenMetric)?.[0]).find((name) => name !== undefined);
  const better = key === undefined ? null : betterOf(key);
  if (key === undefined || better === null) return null;
  const least = better === 'less';
  const values = rows
    .map((row) => (least ? row.metrics[key]?.min : row.metrics[key]?.max))
    .filter((value): value is number => typeof value === 'number');
  if (values.length === 0) return null;
  return { key, value: values.reduce((a, b) => (least ? Math.min(a, b) : Math.max(a, b))) };
}

export function attemptItem(attempt: Attempt, row: RunRow | undefined): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('Attempt {0}', attempt.n), None);
  const last = row?.attempt === attempt.n;
  const end = attempt.ended ?? (last && row && isActive(row) ? Date.now() : null);
  item.description = [
    attempt.from_checkpoint && vscode.l10n.t('from {0}', attempt.from_checkpoint),
    end === null ? null : formatDuration((end - attempt.started) / 1000),
    exitText(attempt),
  ]
    .filter(Boolean)
    .join('  ');
  item.iconPath = new vscode.ThemeIcon('history');
  item.tooltip = vscode.l10n.t('Started {0}', new Date(attempt.started).toLocaleString());
  speak(item);
  item.contextValue = 'attempt';
  return item;
}

function exitText({ exit }: Attempt): string | null {
  if (exit?.signal) return exit.signal;
  if (exit?.code) return vscode.l10n.t('exit code {0}', exit.code);
  return exit?.reason ?? null;
}

export function checkpointsItem(checkpoints: Checkpoint[]): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('Checkpoints ({0})', checkpoints.length), Collapsed);
  const best = bestCheckpoint(checkpoints);
  if (best) item.description = `★ ${checkpointLabel(best)}`;
  item.iconPath = new vscode.ThemeIcon('save');
  item.contextValue = 'checkpoints';
  return item;
}

/** Scripts mark each checkpoint that was the best so far: the latest of them is the best. */
export function bestCheckpoint(checkpoints: Checkpoint[]): Checkpoint | undefined {
  return checkpoints.findLast((checkpoint) => checkpoint.is_best);
}

export function checkpointItem(checkpoint: Checkpoint, best: boolean): vscode.TreeItem {
  const item = new vscode.TreeItem(checkpointLabel(checkpoint), None);
  const [metric] = Object.entries(checkpoint.metrics);
  item.description = [
    best && '★',
    metric && valueText(metric[0], toNumber(metric[1])),
    checkpoint.exists === false ? vscode.l10n.t('file not found') : formatAgo(checkpoint.at, Date.now()),
  ]
    .filter(Boolean)
    .join('  ');
  item.iconPath = new vscode.ThemeIcon(best ? 'star-full' : 'file-binary');
  item.tooltip = `${checkpoint.file ?? checkpoint.path}\n${new Date(checkpoint.at).toLocaleString()}`;
  speak(item);
  item.contextValue = 'checkpoint';
  return item;
}

export function checkpointLabel(checkpoint: Checkpoint): string {
  const name = checkpoint.path.split(/[\\/]/).at(-1) || checkpoint.path;
  if (checkpoint.step !== null) return vscode.l10n.t('{0} (step {1})', name, checkpoint.step);
  return checkpoint.epoch === null ? name : vscode.l10n.t('{0} (epoch {1})', name, checkpoint.epoch);
}

export function artifactsItem(artifacts: Artifact[]): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('Artifacts ({0})', artifacts.length), Collapsed);
  item.iconPath = new vscode.ThemeIcon('package');
  item.contextValue = 'artifacts';
  return item;
}

export function artifactItem(artifact: Artifact, node: unknown): vscode.TreeItem {
  const item = new vscode.TreeItem(artifact.name, None);
  const gone = artifact.exists === false ? vscode.l10n.t('file not found') : null;
  item.description = [artifact.type, artifact.size === null ? null : formatBytes(artifact.size), gone]
    .filter(Boolean)
    .join('  ');
  item.iconPath = vscode.ThemeIcon.File;
  item.tooltip = artifact.file ?? artifact.path;
  speak(item);
  item.contextValue = 'artifact';
  item.command = {
    command: 'xtrack.openArtifact',
    title: vscode.l10n.t('Open'),
    arguments: [node],
  };
  return item;
}

/** Without a label, a screen reader reads the tooltip instead of the text. */
function speak(item: vscode.TreeItem): void {
  const words = (part: unknown): string => (typeof part === 'string' ? part : '');
  item.accessibilityInformation = { label: `${words(item.label)}, ${words(item.description)}` };
}

export function moreItem(loaded: number, total: number): vscode.TreeItem {
  const item = new vscode.TreeItem(vscode.l10n.t('Load more…'), None);
  item.description = vscode.l10n.t('{0} of {1} shown', loaded, total);
  item.iconPath = new vscode.ThemeIcon('ellipsis');
  item.command = { command: 'xtrack.loadMore', title: vscode.l10n.t('Load More Runs') };
  item.contextValue = 'more';
  return item;
}
