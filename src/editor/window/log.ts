import * as vscode from 'vscode';

/** What XTrack does, for those who wonder: View → Output → XTrack. */
export function createLog(): vscode.LogOutputChannel {
  return vscode.window.createOutputChannel('XTrack', { log: true });
}
