import * as vscode from 'vscode';

/** The log, shown in View → Output → XTrack. */
export function createLog(): vscode.LogOutputChannel {
  return vscode.window.createOutputChannel('XTrack', { log: true });
}
