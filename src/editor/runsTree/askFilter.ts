import * as vscode from 'vscode';
import { messageOf } from '../../base/unknown';
import { ApiError } from '../../protocol/apiError';
import type { RunsTree } from './runsTree';

/** Asks for a filter and applies it; the box stays open and shows what is wrong with an invalid filter. */
export async function askFilter(tree: RunsTree, given?: unknown): Promise<void> {
  if (typeof given === 'string') return tree.setFilter(given);
  const box = vscode.window.createInputBox();
  box.title = vscode.l10n.t('Filter Runs');
  box.placeholder = 'status = failed and params.lr < 0.01 and name ~ "resnet.*"';
  box.prompt = vscode.l10n.t(
    'Fields: status, name, experiment, params.…, metrics.…, tags.…. Leave empty to show all runs.',
  );
  box.value = tree.filter;
  box.valueSelection = [0, box.value.length];
  await new Promise<void>((resolve) => {
    box.onDidChangeValue(() => (box.validationMessage = undefined));
    box.onDidHide(() => resolve());
    box.onDidAccept(async () => {
      box.busy = true;
      try {
        await tree.setFilter(box.value.trim());
        box.hide();
      } catch (error) {
        box.validationMessage = problem(error, box.value);
      } finally {
        box.busy = false;
      }
    });
    box.show();
  });
  box.dispose();
}

function problem(error: unknown, text: string): string {
  const message = messageOf(error);
  const column = error instanceof ApiError ? error.data.column : undefined;
  if (column === undefined) return message;
  return vscode.l10n.t('{0} (at “{1}”)', message, text.slice(column - 1, column + 19) || vscode.l10n.t('the end'));
}
