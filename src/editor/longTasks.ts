/** Exporting and rebuilding: tasks of the collector, shown while they last. */
import * as vscode from 'vscode';
import { extname } from 'node:path';
import { told } from '../base/texts';
import type { Task } from '../protocol/rows';
import { userError } from '../protocol/apiError';
import type { CollectorClient } from './collectorClient';
import type { Collectors } from './collectors';

const LOOK_MS = 300;
/** By the file's extension. */
const FORMATS: Record<string, 'csv' | 'json' | 'archive'> = { '.json': 'json', '.tgz': 'archive', '.gz': 'archive' };

export async function exportRuns(
  collectors: Collectors,
  run_ids: string[],
  into?: vscode.Uri,
): Promise<vscode.Uri | undefined> {
  const [first] = run_ids;
  if (first === undefined) return undefined;
  const target = into ?? (await pickTarget(first));
  if (!target) return undefined;
  const format = FORMATS[extname(target.fsPath).toLowerCase()] ?? 'csv';
  const client = await collectors.forRun(first);
  const task = await client.call('runs.export', { run_ids, format, path: target.fsPath });
  const done = await followTask(client, task, vscode.l10n.t('Exporting runs'));
  if (done.state !== 'done' || into) return target;
  const open = vscode.l10n.t('Open');
  void vscode.window
    .showInformationMessage(vscode.l10n.t('Exported to {0}', target.fsPath), open)
    .then((answer) => answer === open && vscode.commands.executeCommand('vscode.open', target));
  return target;
}

export async function rebuildDatabases(collectors: Collectors): Promise<void> {
  for (const client of collectors.clients) {
    if (client.state === 'idle') continue;
    const task = await client.call('runs.rebuild', {});
    await followTask(client, task, vscode.l10n.t('Rebuilding the database from the journals'));
  }
}

async function pickTarget(name: string): Promise<vscode.Uri | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return vscode.window.showSaveDialog({
    title: vscode.l10n.t('Export Runs'),
    defaultUri: folder && vscode.Uri.joinPath(folder, `${name}.csv`),
    filters: { CSV: ['csv'], JSON: ['json'], [vscode.l10n.t('Archive')]: ['tgz'] },
  });
}

/** Ends when the task does; throws what it failed of. */
export async function followTask(client: CollectorClient, started: Task, title: string): Promise<Task> {
  const location = vscode.ProgressLocation.Notification;
  return vscode.window.withProgress({ location, title, cancellable: true }, async (progress, cancel) => {
    const { task_id } = started;
    let task = started;
    let shown = 0;
    cancel.onCancellationRequested(() => client.call('tasks.cancel', { task_id }));
    while (task.state === 'running') {
      const percent = task.total ? (100 * task.done) / task.total : 0;
      progress.report({ message: messageOf(task), ...(task.total ? { increment: percent - shown } : {}) });
      shown = percent;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      task = await client.call('tasks.get', { task_id });
    }
    if (task.state === 'failed') throw userError('io', messageOf(task));
    return task;
  });
}

function messageOf({ text, message }: Task): string {
  return text === undefined ? message : told(text);
}
