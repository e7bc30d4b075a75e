import * as vscode from 'vscode';

const NAME = 'xtrack-example';

/** Copies the example next to the user's other work and opens it; one that is there already is opened as it is. */
export async function openExample(extension: vscode.Uri, into?: vscode.Uri): Promise<vscode.Uri | undefined> {
  const parent = into ?? (await pickParent());
  if (!parent) return undefined;
  const target = vscode.Uri.joinPath(parent, NAME);
  const there = await vscode.workspace.fs.stat(target).then(
    () => true,
    () => false,
  );
  if (!there) await vscode.workspace.fs.copy(vscode.Uri.joinPath(extension, 'media', 'example'), target);
  // A folder given by a caller is the caller's to open.
  if (!into) {
    const forceNewWindow = (vscode.workspace.workspaceFolders?.length ?? 0) > 0;
    await vscode.commands.executeCommand('vscode.openFolder', target, { forceNewWindow });
  }
  return target;
}

async function pickParent(): Promise<vscode.Uri | undefined> {
  const picked = await vscode.window.showOpenDialog({
    canSelectFiles: false,
    canSelectFolders: true,
    title: vscode.l10n.t('Where to put the example'),
    openLabel: vscode.l10n.t('Put It Here'),
  });
  return picked?.[0];
}
