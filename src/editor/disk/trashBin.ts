import * as vscode from 'vscode';
import { formatAgo, formatBytes } from '../../domain/format';
import type { RunRow } from '../../protocol/rows';
import type { CollectorClient } from '../collectors/collectorClient';
import type { Collectors } from '../collectors/collectors';
import { followTask } from '../collectors/followTask';
import { plain } from '../window/messages';

interface Trashed extends vscode.QuickPickItem {
  row: RunRow;
}

interface Purged {
  deleted: string[];
  bytes: number;
  refused: { run_id: string; reason: string }[];
}

const LISTED = 10_000;

/** Restores runs from the trash, or deletes them permanently. */
export class TrashBin {
  constructor(
    private readonly collectors: Collectors,
    private readonly restore: (run_ids: string[]) => Promise<void>,
    private readonly fail: (error: unknown) => void,
  ) {}

  /** Asks which to take back; each can be deleted for good from there. */
  async pick(): Promise<void> {
    const rows = await this.rows();
    if (rows.length === 0) return this.sayEmpty();
    const picker = vscode.window.createQuickPick<Trashed>();
    const forever = { iconPath: new vscode.ThemeIcon('trash'), tooltip: vscode.l10n.t('Delete Permanently…') };
    picker.title = vscode.l10n.t('Restore from Trash');
    picker.placeholder = vscode.l10n.t('Select runs to restore');
    picker.canSelectMany = true;
    picker.matchOnDescription = true;
    picker.buttons = [{ ...forever, tooltip: vscode.l10n.t('Empty Trash…') }];
    picker.items = rows.map((row) => ({
      label: row.name,
      description: [vscode.l10n.t('deleted {0}', formatAgo(row.trashed ?? 0, Date.now())), sizeOf(row)]
        .filter(Boolean)
        .join(' · '),
      buttons: [forever],
      row,
    }));
    const leave = (then: () => Promise<void>): void => {
      picker.hide();
      then().catch(this.fail);
    };
    picker.onDidTriggerButton(() => leave(() => this.empty()));
    picker.onDidTriggerItemButton(({ item }) => leave(() => this.purge([item.row])));
    picker.onDidAccept(() => {
      const run_ids = picker.selectedItems.map(({ row }) => row.run_id);
      leave(async () => (run_ids.length > 0 ? this.restore(run_ids) : undefined));
    });
    picker.onDidHide(() => picker.dispose());
    picker.show();
  }

  async count(): Promise<number> {
    return (await this.rows()).length;
  }

  async empty(): Promise<void> {
    const rows = await this.rows();
    return rows.length === 0 ? this.sayEmpty() : this.purge(rows);
  }

  /** Asks once, naming what goes: from here nothing comes back. */
  private async purge(rows: RunRow[]): Promise<void> {
    const size = formatBytes(rows.reduce((sum, row) => sum + (row.size ?? 0), 0));
    const question =
      rows.length === 1
        ? vscode.l10n.t('Permanently delete {0} ({1})?', plain(rows[0]!.name, 80), size)
        : vscode.l10n.t('Permanently delete {0} runs ({1})?', rows.length, size);
    const names = rows.slice(0, 5).map((row) => plain(row.name, 60));
    const others = rows.length - names.length;
    const detail = [
      ...(rows.length > 1 ? [[...names, ...(others > 0 ? [vscode.l10n.t('{0} more', others)] : [])].join(', ')] : []),
      vscode.l10n.t('Metrics, logs and output cannot be restored. Checkpoints and artifacts outside .xtrack are kept.'),
    ].join('\n\n');
    const yes = vscode.l10n.t('Delete Permanently');
    if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, yes)) !== yes) return;
    const refused: string[] = [];
    const total = { runs: 0, bytes: 0 };
    for (const [client, run_ids] of await this.byHome(rows)) {
      const task = await client.call('runs.purge', { run_ids });
      const done = await followTask(client, task, vscode.l10n.t('Deleting runs'));
      if (done.state !== 'done') continue;
      const result = done.result as unknown as Purged;
      total.runs += result.deleted.length;
      total.bytes += result.bytes;
      refused.push(...result.refused.map(({ reason }) => reason));
    }
    if (refused.length > 0)
      void vscode.window.showWarningMessage(
        vscode.l10n.t('Not deleted: {0}', refused.map((reason) => plain(reason, 300)).join(' ')),
      );
    if (total.runs > 0)
      void vscode.window.showInformationMessage(
        total.runs === 1
          ? vscode.l10n.t('Permanently deleted 1 run and freed {0}.', formatBytes(total.bytes))
          : vscode.l10n.t('Permanently deleted {0} runs and freed {1}.', total.runs, formatBytes(total.bytes)),
      );
  }

  private async rows(): Promise<RunRow[]> {
    const rows: RunRow[] = [];
    const request = { trash: true, fields: ['run_id', 'name', 'size', 'trashed'], limit: LISTED };
    for (const client of this.collectors.clients)
      if (client.state !== 'idle') rows.push(...(await this.collectors.list(client, request)).rows);
    return rows.sort((a, b) => (b.trashed ?? 0) - (a.trashed ?? 0));
  }

  private async byHome(rows: RunRow[]): Promise<Map<CollectorClient, string[]>> {
    const homes = new Map<CollectorClient, string[]>();
    for (const { run_id } of rows) {
      const client = await this.collectors.forRun(run_id);
      homes.set(client, [...(homes.get(client) ?? []), run_id]);
    }
    return homes;
  }

  private sayEmpty(): void {
    void vscode.window.showInformationMessage(vscode.l10n.t('The trash is empty.'));
  }
}

function sizeOf({ size }: RunRow): string | null {
  return size === undefined ? null : formatBytes(size);
}
