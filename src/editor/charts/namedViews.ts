/** Views saved by name in the workspace: metrics, axes, groups, zooms, but not which runs. */
import * as vscode from 'vscode';
import { readPanelState, type StoredPanelState } from '../../protocol/panel';
import type { ViewStore } from './ports';

const KEY = 'xtrack.chartViews';
const LONGEST_NAME = 60;

export class NamedViews implements ViewStore {
  constructor(private readonly memento: vscode.Memento) {}

  names(): string[] {
    return Object.keys(this.all()).sort((a, b) => a.localeCompare(b));
  }

  get(name: string): StoredPanelState | undefined {
    const all = this.all();
    return Object.hasOwn(all, name) ? readPanelState(all[name]) : undefined;
  }

  async save(state: StoredPanelState): Promise<void> {
    const name = await vscode.window.showInputBox({
      title: vscode.l10n.t('Save View'),
      prompt: vscode.l10n.t(
        'Saves metrics, axes, groups and zoom in this workspace. An existing view of the same name is replaced.',
      ),
      placeHolder: vscode.l10n.t('Name of the view'),
      validateInput: (text) => problemOf(text),
    });
    if (name === undefined) return;
    await this.memento.update(KEY, { ...this.all(), [name.trim()]: state });
  }

  async remove(name: string): Promise<void> {
    const { [name]: _gone, ...rest } = this.all();
    await this.memento.update(KEY, rest);
  }

  private all(): Record<string, unknown> {
    return this.memento.get<Record<string, unknown>>(KEY, {});
  }
}

function problemOf(text: string): string | null {
  if (text.trim() === '') return vscode.l10n.t('Enter a name.');
  return text.length > LONGEST_NAME ? vscode.l10n.t('Enter at most {0} characters.', LONGEST_NAME) : null;
}
