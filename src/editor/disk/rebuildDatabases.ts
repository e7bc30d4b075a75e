import * as vscode from 'vscode';
import type { Collectors } from '../collectors/collectors';
import { followTask } from '../collectors/followTask';

export async function rebuildDatabases(collectors: Collectors): Promise<void> {
  for (const client of collectors.clients) {
    if (client.state === 'idle') continue;
    const task = await client.call('runs.rebuild', {});
    await followTask(client, task, vscode.l10n.t('Rebuilding the database from the journals'));
  }
}
