import * as vscode from 'vscode';
import { messageOf } from '../../base/unknown';
import { straight } from '../../domain/format';
import { ApiError, userError } from '../../protocol/apiError';

/** Notifications turn `[text](command:…)` into links: names chosen by scripts must not become links. */
export function plain(text: string, longest = 200): string {
  const line = straight(text).replaceAll(/\s+/g, ' ').replaceAll('](', '] (').trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

/** Shows a failure: errors for users as they are, others with a prefix, all with a button to the log. */
export async function showFailure(error: unknown, log: vscode.LogOutputChannel): Promise<void> {
  if (error instanceof vscode.CancellationError) return;
  const message = messageOf(error);
  log.error(error instanceof Error ? (error.stack ?? message) : message);
  const showLog = vscode.l10n.t('Show Log');
  const forUser = error instanceof ApiError && error.data.audience === 'user';
  const text = forUser ? message : vscode.l10n.t('XTrack: {0}', message);
  if ((await vscode.window.showErrorMessage(plain(text, 600), showLog)) === showLog) log.show();
}

/** Whether the workspace is trusted; if it is not, says so and offers to manage trust. */
export async function isTrusted(): Promise<boolean> {
  if (vscode.workspace.isTrusted) return true;
  const manage = vscode.l10n.t('Manage Workspace Trust');
  void vscode.window.showWarningMessage(untrusted(), manage).then((choice) => {
    if (choice === manage) void vscode.commands.executeCommand('workbench.trust.manage');
  });
  return false;
}

/** Throws in an untrusted workspace, for callers that show failures themselves. */
export function requireTrust(): void {
  if (!vscode.workspace.isTrusted) throw userError('untrusted', untrusted());
}

function untrusted(): string {
  return vscode.l10n.t(
    'This workspace is not trusted. XTrack shows its runs, but launching, resuming and stopping are disabled and its settings are ignored.',
  );
}
