import * as vscode from 'vscode';
import { basename, join, relative } from 'node:path';

/** Shows the runs of an `.xtrack` directory elsewhere: chooses it, or the folder that has it, for this workspace. */
export async function watchFolder(): Promise<void> {
  const scope = vscode.workspace.workspaceFolders?.[0];
  const picked = await vscode.window.showOpenDialog({
    canSelectFiles: false,
    canSelectFolders: true,
    defaultUri: scope?.uri,
    title: vscode.l10n.t('Which folder has the runs?'),
    openLabel: vscode.l10n.t('Watch'),
  });
  const chosen = picked?.[0]?.fsPath;
  if (!chosen || !scope) return;
  const directory = basename(chosen) === '.xtrack' ? chosen : join(chosen, '.xtrack');
  const inside = relative(scope.uri.fsPath, directory);
  await vscode.workspace
    .getConfiguration('xtrack', scope.uri)
    .update('directory', inside.startsWith('..') ? directory : inside, vscode.ConfigurationTarget.WorkspaceFolder);
}
