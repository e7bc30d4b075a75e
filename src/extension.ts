/**
 * What VS Code loads, and waits for: it says at once what has to be known, in as few messages as there are. Everything
 * else is a bundle of its own (`composition.ts`), which is loaded in the turns after; who asks before waits for it.
 */
import * as vscode from 'vscode';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DisposableStore } from './base/disposable';
import type { Composition, Shown } from './composition';
import { COMMANDS, NOTES_SCHEME, TASK_TYPE } from './editor/contributions';
import { NotesFiles } from './editor/edit/notesFiles';

/** For tests and other extensions. */
export interface XTrackApi {
  /** Once all of it is loaded. */
  ready(): Promise<Shown>;
}

export function activate(context: vscode.ExtensionContext): XTrackApi {
  const owned = new DisposableStore();
  context.subscriptions.push(owned);
  const loaded = load(context, owned);
  const whole = (): Promise<Composition | undefined> => loaded.catch(tellFailure);
  for (const id of COMMANDS)
    owned.add(vscode.commands.registerCommand(id, async (...args: unknown[]) => (await whole())?.run(id, args)));
  // An editor of notes, or a task, that a window comes up with is asked for as soon as this returns.
  const notes = owned.add(new NotesFiles(async () => (await loaded).shown.collectors));
  owned.add(vscode.workspace.registerFileSystemProvider(NOTES_SCHEME, notes, { isCaseSensitive: true }));
  owned.add(
    vscode.tasks.registerTaskProvider(TASK_TYPE, {
      provideTasks: async (token) => (await whole())?.tasks.provideTasks(token),
      resolveTask: async (task, token) => (await whole())?.tasks.resolveTask(task, token),
    }),
  );
  // Told even where nobody asks for anything.
  void whole();
  return { ready: async () => (await loaded).shown };
}

/** Reading and compiling, making, and connecting are a turn each: between them the host serves others. */
async function load(context: vscode.ExtensionContext, owned: DisposableStore): Promise<Composition> {
  await nextTurn();
  const { compose } = await import('./composition');
  await nextTurn();
  if (owned.isDisposed) throw new vscode.CancellationError();
  return compose(context, owned);
}

function tellFailure(error: unknown): undefined {
  if (error instanceof vscode.CancellationError) return;
  const reload = vscode.l10n.t('Reload Window');
  const text = vscode.l10n.t(
    'XTrack could not be loaded: {0}. Reload the window; if that does not help, install the extension again.',
    error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : String(error),
  );
  void vscode.window.showErrorMessage(text, reload).then((choice) => {
    if (choice === reload) void vscode.commands.executeCommand('workbench.action.reloadWindow');
  });
}
