/** The same, for the suites beside this one: their window has several folders. */
import * as vscode from 'vscode';
import { leave, run as runSuites } from '../index';

const WAIT_MS = 8000;

export async function run(): Promise<void> {
  const hasFolders = (): boolean => (vscode.workspace.workspaceFolders ?? []).length > 0;
  for (const deadline = Date.now() + WAIT_MS; !hasFolders() && Date.now() < deadline;)
    await new Promise((resolve) => setTimeout(resolve, 50));
  if (hasFolders()) return runSuites();
  leave({ passed: 0, failures: [{ title: 'the window', error: 'It has no folders.' }], without: 'folders' });
}
