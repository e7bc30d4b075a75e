import * as vscode from 'vscode';
import type { Collectors } from '../collectors';
import { isId } from '../../protocol/ids';
import { plain } from '../messages';
import { readTags, tagsText } from './tagList';

const TRASH = 'xtrack.trash';
const REMEMBERED = 500;

interface Trashed {
  run_id: string;
  name: string;
  at: number;
}

/** What people say about runs: names, tags, stars; and the trash. */
export class EditRuns {
  constructor(
    private readonly collectors: Collectors,
    private readonly memory: vscode.Memento,
  ) {}

  async rename(run_id: string, given?: unknown): Promise<void> {
    if (typeof given === 'string') return this.update([run_id], { name: given });
    const { name } = await this.collectors.callRun(run_id, 'runs.get', { run_id });
    const title = vscode.l10n.t('Rename {0}', name);
    const validateInput = (value: string): string | undefined =>
      value.trim() === '' ? vscode.l10n.t('A name has at least one character.') : undefined;
    const chosen = await vscode.window.showInputBox({ title, value: name, validateInput });
    if (chosen !== undefined) await this.update([run_id], { name: chosen.trim() });
  }

  async star(run_ids: string[], starred: boolean): Promise<void> {
    await this.update(run_ids, { starred });
  }

  /** `team=nlp` sets a tag, `-team` removes it; several are parted by commas. */
  async tag(run_ids: string[]): Promise<void> {
    const [first] = run_ids;
    if (first === undefined) return;
    const { tags, name } = await this.collectors.callRun(first, 'runs.get', { run_id: first });
    const several = vscode.l10n.t('Tags of {0} runs', run_ids.length);
    const text = await vscode.window.showInputBox({
      title: run_ids.length === 1 ? vscode.l10n.t('Tags of {0}', name) : several,
      prompt: vscode.l10n.t('Set with name=value, remove with -name; several parted by commas.'),
      value: run_ids.length === 1 ? tagsText(tags) : '',
      placeHolder: 'team=nlp, -draft',
      validateInput: (value) => {
        const { nameless } = readTags(value);
        return nameless === null ? undefined : vscode.l10n.t('{0} has no name.', nameless);
      },
    });
    if (text === undefined) return;
    const wanted = readTags(text).tags;
    // Of one run the whole list was edited: what was deleted from it is meant to go.
    if (run_ids.length === 1) for (const key of Object.keys(tags)) wanted[key] ??= null;
    await this.update(run_ids, { tags: wanted });
  }

  async delete(run_ids: string[]): Promise<void> {
    if (run_ids.length === 0) return;
    const trashed: Trashed[] = [];
    for (const run_id of run_ids) {
      const { name } = await this.collectors.callRun(run_id, 'runs.get', { run_id });
      trashed.push({ run_id, name, at: Date.now() });
    }
    await this.each(run_ids, (client, ids) => client.call('runs.delete', { run_ids: ids }));
    await this.memory.update(TRASH, [...trashed, ...this.trash()].slice(0, REMEMBERED));
    const undo = vscode.l10n.t('Undo');
    const one = vscode.l10n.t('Moved {0} to the trash.', plain(trashed[0]?.name ?? '', 80));
    const message = trashed.length === 1 ? one : vscode.l10n.t('Moved {0} runs to the trash.', trashed.length);
    void vscode.window.showInformationMessage(message, undo).then(async (answer) => {
      if (answer === undo) await vscode.commands.executeCommand('xtrack.restoreDeleted', ...run_ids);
    });
  }

  /** The runs given, else those that the user picks. */
  async restore(given: unknown[]): Promise<void> {
    const run_ids = given.filter(isId);
    if (run_ids.length > 0) return this.takeBack(run_ids);
    const choices = this.trash().map(({ run_id, name, at }) => ({
      label: name,
      description: vscode.l10n.t('deleted {0}', new Date(at).toLocaleString()),
      run_id,
    }));
    if (choices.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t('The trash is empty.'));
      return;
    }
    const title = vscode.l10n.t('Restore from Trash');
    const chosen = await vscode.window.showQuickPick(choices, { title, canPickMany: true });
    if (chosen && chosen.length > 0) await this.takeBack(chosen.map((choice) => choice.run_id));
  }

  private async takeBack(run_ids: string[]): Promise<void> {
    await this.each(run_ids, (client, ids) => client.call('runs.delete', { run_ids: ids, restore: true }));
    await this.memory.update(
      TRASH,
      this.trash().filter((trashed) => !run_ids.includes(trashed.run_id)),
    );
  }

  get trashed(): number {
    return this.trash().length;
  }

  private trash(): Trashed[] {
    return this.memory.get<Trashed[]>(TRASH) ?? [];
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
