import * as vscode from 'vscode';

/** Where a file opens so that it covers no page of the one who asked for it: beside what is not text. */
export function textColumn(): vscode.ViewColumn {
  const free = vscode.window.tabGroups.all.find(
    ({ activeTab }) => !(activeTab?.input instanceof vscode.TabInputWebview),
  );
  return free?.viewColumn ?? vscode.ViewColumn.Beside;
}
