import * as vscode from 'vscode';
import { isAbsolute, resolve } from 'node:path';
import { isRecord } from '../../base/unknown';
import { userError } from '../../protocol/apiError';
import type { Json } from '../../protocol/events';
import type { Collectors } from '../collectors/collectors';

/** Where a run's relative paths start: the working directory of its script. */
export async function workingDirectory(collectors: Collectors, run_id: string): Promise<string> {
  const { source, cwd } = await collectors.callRun(run_id, 'runs.get', { run_id });
  return cwd ?? cwdOf(source) ?? vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? '';
}

/** The working directory in a run's source. */
export function cwdOf(source: Json): string | null {
  const cwd = isRecord(source) ? source['cwd'] : null;
  return typeof cwd === 'string' ? cwd : null;
}

/** Opens a file of a run. Throws an error for the user if it does not exist. */
export async function openFile(path: string, cwd: string, line?: number): Promise<void> {
  const at = line === undefined ? undefined : new vscode.Position(Math.max(0, line - 1), 0);
  const options = at && { selection: new vscode.Range(at, at) };
  if (path.startsWith('vscode-notebook-cell:')) {
    await vscode.commands.executeCommand('vscode.open', vscode.Uri.parse(path, true), options);
    return;
  }
  const uri = vscode.Uri.file(isAbsolute(path) ? path : resolve(cwd, path));
  try {
    await vscode.workspace.fs.stat(uri);
  } catch {
    throw userError('not_found', vscode.l10n.t('File not found: {0}', uri.fsPath));
  }
  await vscode.commands.executeCommand('vscode.open', uri, options);
}
