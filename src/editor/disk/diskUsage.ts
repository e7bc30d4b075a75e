import * as vscode from 'vscode';
import { formatBytes } from '../../domain/format';
import type { DiskUsage, RunRow } from '../../protocol/rows';
import type { Collectors } from '../collectors/collectors';
import { runDescription } from '../runs/runText';
import { setting } from '../window/settings';

const LISTED = 1_000;
const POLL_MS = 300;

/** Lists the disk usage of all runs, largest first; selected runs are moved to the trash. */
export async function showDiskUsage(
  collectors: Collectors,
  actions: { delete(run_ids: string[]): Promise<void>; emptyTrash(): Promise<void>; fail(error: unknown): void },
): Promise<void> {
  const clients = collectors.clients.filter((client) => client.state !== 'idle');
  const title = vscode.l10n.t('Calculating disk usage of runs');
  const location = vscode.ProgressLocation.Window;
  const found = await vscode.window.withProgress({ location, title }, async () => {
    const usages: DiskUsage[] = [];
    const rows: RunRow[] = [];
    for (const client of clients) {
      let usage = await client.call('disk.usage', {});
      while (!usage.complete) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        usage = await client.call('disk.usage', {});
      }
      usages.push(usage);
      const request = { sort: [{ by: 'size', desc: true }], limit: LISTED };
      rows.push(...(await collectors.list(client, request)).rows);
    }
    return { usages, rows: rows.sort((a, b) => (b.size ?? 0) - (a.size ?? 0)).slice(0, LISTED) };
  });
  if (found.rows.length === 0 && sum(found.usages, ({ trash }) => trash.runs) === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('There are no runs yet.'));
    return;
  }
  const picker = vscode.window.createQuickPick<vscode.QuickPickItem & { run_id: string }>();
  picker.title = usageText(found.usages);
  picker.placeholder = vscode.l10n.t('Select runs to move to the trash');
  picker.canSelectMany = true;
  picker.matchOnDescription = true;
  picker.buttons = [{ iconPath: new vscode.ThemeIcon('trash'), tooltip: vscode.l10n.t('Empty Trash…') }];
  picker.items = found.rows.map((row) => ({
    label: row.name,
    description: sizeText(row),
    detail: runDescription(row, setting('keyMetric'), Date.now()),
    run_id: row.run_id,
  }));
  const leave = (then: () => Promise<void>): void => {
    picker.hide();
    then().catch(actions.fail);
  };
  picker.onDidTriggerButton(() => leave(() => actions.emptyTrash()));
  picker.onDidAccept(() => {
    const run_ids = picker.selectedItems.map(({ run_id }) => run_id);
    leave(() => actions.delete(run_ids));
  });
  picker.onDidHide(() => picker.dispose());
  picker.show();
}

function usageText(usages: DiskUsage[]): string {
  const runs = sum(usages, (usage) => usage.runs);
  const size = formatBytes(sum(usages, (usage) => usage.size + usage.trash.size + usage.other));
  const files = sum(usages, (usage) => usage.files_size);
  const trash = sum(usages, (usage) => usage.trash.size);
  const trashed = sum(usages, (usage) => usage.trash.runs);
  return [
    runs === 1 ? vscode.l10n.t('1 run, {0}', size) : vscode.l10n.t('{0} runs, {1}', runs, size),
    trashed > 0 ? vscode.l10n.t('including {0} in the trash ({1})', formatBytes(trash), trashed) : null,
    files > 0 ? vscode.l10n.t('{0} of checkpoints and artifacts', formatBytes(files)) : null,
  ]
    .filter(Boolean)
    .join(' · ');
}

/** `12 MB + 3.4 GB of files`: what deleting frees, and what it leaves. */
function sizeText({ size, files_size }: RunRow): string {
  const own = size === undefined ? vscode.l10n.t('size not known yet') : formatBytes(size);
  return files_size ? vscode.l10n.t('{0} + {1} of checkpoints and artifacts', own, formatBytes(files_size)) : own;
}

function sum(usages: DiskUsage[], of: (usage: DiskUsage) => number): number {
  return usages.reduce((total, usage) => total + of(usage), 0);
}
