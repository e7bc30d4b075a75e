import * as vscode from 'vscode';
import { extname } from 'node:path';
import type { Collectors } from '../collectors/collectors';
import { followTask } from '../collectors/followTask';

/** Export formats by file extension. */
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

async function pickTarget(name: string): Promise<vscode.Uri | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  return vscode.window.showSaveDialog({
    title: vscode.l10n.t('Export Runs'),
    defaultUri: folder && vscode.Uri.joinPath(folder, `${name}.csv`),
    filters: { CSV: ['csv'], JSON: ['json'], [vscode.l10n.t('Archive')]: ['tgz'] },
  });
}
