import * as vscode from 'vscode';
import { delimiter } from 'node:path';

/**
 * Lets `import xtrack` find the client in VS Code's terminals, so that `python train.py` there is tracked unchanged. The
 * setting that names the runs' directory is passed on.
 */
export function prepareTerminals(
  variables: vscode.GlobalEnvironmentVariableCollection,
  python: string,
  directoryOf: (folder: vscode.WorkspaceFolder) => string,
): void {
  variables.description = vscode.l10n.t('Lets Python scripts find the XTrack client');
  variables.prepend('PYTHONPATH', `${python}${delimiter}`, {
    applyAtProcessCreation: true,
    applyAtShellIntegration: true,
  });
  for (const workspaceFolder of vscode.workspace.workspaceFolders ?? []) {
    const scoped = variables.getScoped({ workspaceFolder });
    const directory = directoryOf(workspaceFolder);
    if (directory) scoped.replace('XTRACK_DIR', directory);
    else scoped.delete('XTRACK_DIR');
  }
}
