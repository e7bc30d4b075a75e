import * as vscode from 'vscode';
import type { Collectors } from '../collectors/collectors';
import { plain } from '../window/messages';
import { readTags, tagsText } from './tagList';

/** Edits names, tags and stars of runs, and moves runs to the trash. */
export class EditRuns {
  constructor(private readonly collectors: Collectors) {}

  async rename(run_id: string, given?: unknown): Promise<void> {
    if (typeof given === 'string') return this.update([run_id], { name: given });
    const { name } = await this.collectors.callRun(run_id, 'runs.get', { run_id });
    const title = vscode.l10n.t('Rename {0}', name);
    const validateInput = (value: string): string | undefined =>
      value.trim() === '' ? vscode.l10n.t('Enter a name.') : undefined;
    const chosen = await vscode.window.showInputBox({ title, value: name, validateInput });
    if (chosen !== undefined) await this.update([run_id], { name: chosen.trim() });
  }

  async star(run_ids: string[], starred: boolean): Promise<void> {
    await this.update(run_ids, { starred });
  }

  /** `team=nlp` sets a tag, `-team` removes it; commas separate several. */
  async tag(run_ids: string[]): Promise<void> {
    const [first] = run_ids;
    if (first === undefined) return;
    const { tags, name } = await this.collectors.callRun(first, 'runs.get', { run_id: first });
    const several = vscode.l10n.t('Tags of {0} runs', run_ids.length);
    const text = await vscode.window.showInputBox({
      title: run_ids.length === 1 ? vscode.l10n.t('Tags of {0}', name) : several,
      prompt: vscode.l10n.t('Set a tag with name=value, remove it with -name. Separate several with commas.'),
      value: run_ids.length === 1 ? tagsText(tags) : '',
      placeHolder: 'team=nlp, -draft',
      validateInput: (value) => {
        const { nameless } = readTags(value);
        return nameless === null ? undefined : vscode.l10n.t('{0} is missing a name.', nameless);
      },
    });
    if (text === undefined) return;
    const wanted = readTags(text).tags;
    // For one run the whole list was edited: tags deleted from it are removed.
    if (run_ids.length === 1) for (const key of Object.keys(tags)) wanted[key] ??= null;
    await this.update(run_ids, { tags: wanted });
  }

  async delete(run_ids: string[]): Promise<void> {
    if (run_ids.length === 0) return;
    const [first = ''] = run_ids;
    const { name } = await this.collectors.callRun(first, 'runs.get', { run_id: first });
    await this.each(run_ids, (client, ids) => client.call('runs.delete', { run_ids: ids }));
    const undo = vscode.l10n.t('Undo');
    const one = vscode.l10n.t('Moved {0} to the trash.', plain(name, 80));
    const message = run_ids.length === 1 ? one : vscode.l10n.t('Moved {0} runs to the trash.', run_ids.length);
    void vscode.window.showInformationMessage(message, undo).then(async (answer) => {
      if (answer === undo) await vscode.commands.executeCommand('xtrack.restoreDeleted', ...run_ids);
    });
  }

  restore(run_ids: string[]): Promise<void> {
    return this.each(run_ids, (client, ids) => client.call('runs.delete', { run_ids: ids, restore: true }));
  }

  private update(
    run_ids: string[],
    edit: { name?: string; starred?: boolean; tags?: Record<string, string | null> },
  ): Promise<void> {
    return this.each(run_ids, (client, ids) => client.call('runs.update', { run_ids: ids, ...edit }));
  }

  private async each(
    run_ids: string[],
    call: (client: Awaited<ReturnType<Collectors['forRun']>>, run_ids: string[]) => Promise<unknown>,
  ): Promise<void> {
    const homes = new Map<Awaited<ReturnType<Collectors['forRun']>>, string[]>();
    for (const run_id of run_ids) {
      const client = await this.collectors.forRun(run_id);
      homes.set(client, [...(homes.get(client) ?? []), run_id]);
    }
    for (const [client, ids] of homes) await call(client, ids);
  }
}
