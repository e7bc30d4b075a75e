import * as vscode from 'vscode';

/** The column to open a file in so that it does not cover a webview. */
export function textColumn(): vscode.ViewColumn {
  const free = vscode.window.tabGroups.all.find(
    ({ activeTab }) => !(activeTab?.input instanceof vscode.TabInputWebview),
  );
  return free?.viewColumn ?? vscode.ViewColumn.Beside;
}
