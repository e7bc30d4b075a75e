import * as vscode from 'vscode';
import { basename, dirname, join, relative } from 'node:path';
import { isTrusted } from '../window/messages';

/**
 * Shows the runs of an `.xtrack` directory elsewhere: asks for it, or its parent, and sets it for this workspace. If no
 * folder is open, opens that folder.
 */
export async function watchFolder(): Promise<void> {
  const scope = vscode.workspace.workspaceFolders?.[0];
  // The directory is named by a setting of the workspace.
  if (scope && !(await isTrusted())) return;
  const picked = await vscode.window.showOpenDialog({
    canSelectFiles: false,
    canSelectFolders: true,
    defaultUri: scope?.uri,
    title: vscode.l10n.t('Select the Folder with the Runs'),
    openLabel: vscode.l10n.t('Watch'),
  });
  const chosen = picked?.[0]?.fsPath;
  if (!chosen) return;
  const isDirectory = basename(chosen) === '.xtrack';
  if (!scope) {
    const folder = vscode.Uri.file(isDirectory ? dirname(chosen) : chosen);
    await vscode.commands.executeCommand('vscode.openFolder', folder);
    return;
  }
  const directory = isDirectory ? chosen : join(chosen, '.xtrack');
  const inside = relative(scope.uri.fsPath, directory);
  await vscode.workspace
    .getConfiguration('xtrack', scope.uri)
    .update('directory', inside.startsWith('..') ? directory : inside, vscode.ConfigurationTarget.WorkspaceFolder);
  await notifyIfEmpty(directory);
}

async function notifyIfEmpty(directory: string): Promise<void> {
  const there = await vscode.workspace.fs.stat(vscode.Uri.file(directory)).then(
    () => true,
    () => false,
  );
  if (there) return;
  const message = vscode.l10n.t('Watching {0}. Runs appear here as soon as there are any.', directory);
  void vscode.window.showInformationMessage(message);
}
