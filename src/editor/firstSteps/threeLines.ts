import * as vscode from 'vscode';

/** The lines that a script needs to log to a run. */
const LINES = `from xtrack import Tracker

with Tracker.start_run() as run:
    run.log_metric("loss", loss, step=step)
`;

export async function copyLines(): Promise<void> {
  await vscode.env.clipboard.writeText(LINES);
  void vscode.window.showInformationMessage(
    vscode.l10n.t('Copied. Put your training loop into the "with" block and log what you want to see.'),
  );
}
