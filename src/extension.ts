/**
 * The bundle that VS Code loads and waits for: it only registers what VS Code may ask for at once. Everything else is a
 * second bundle (`composition.ts`), loaded in the turns after activation; what is asked for earlier waits for it.
 */
import * as vscode from 'vscode';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { DisposableStore } from './base/disposable';
import type { Composition, Shown } from './composition';
import type { CommandId } from './editor/contributions';
import { NotesFiles } from './editor/edit/notesFiles';
import { NOTES_SCHEME, TASK_TYPE } from './editor/manifest/ids';

/** For tests and other extensions. */
export interface XTrackApi {
  /** Resolves when everything is loaded. */
  ready(): Promise<Shown>;
}

/** As `npm run manifest` wrote it. */
interface Manifest {
  contributes: { commands: { command: CommandId }[] };
}

export function activate(context: vscode.ExtensionContext): XTrackApi {
  const owned = new DisposableStore();
  context.subscriptions.push(owned);
  const loaded = load(context, owned);
  const whole = (): Promise<Composition | undefined> => loaded.catch(showLoadFailure);
  for (const { command: id } of (context.extension.packageJSON as Manifest).contributes.commands)
    owned.add(vscode.commands.registerCommand(id, async (...args: unknown[]) => (await whole())?.run(id, args)));
  // VS Code asks for a restored editor of notes, or a task, as soon as this returns.
  const notes = owned.add(new NotesFiles(async () => (await loaded).shown.collectors));
  owned.add(vscode.workspace.registerFileSystemProvider(NOTES_SCHEME, notes, { isCaseSensitive: true }));
  owned.add(
    vscode.tasks.registerTaskProvider(TASK_TYPE, {
      provideTasks: async (token) => (await whole())?.tasks.provideTasks(token),
      resolveTask: async (task, token) => (await whole())?.tasks.resolveTask(task, token),
    }),
  );
  // A failure to load is shown even if no command is run.
  void whole();
  return { ready: async () => (await loaded).shown };
}

/** Loading, composing and connecting take a turn each, so that the host can serve other extensions in between. */
async function load(context: vscode.ExtensionContext, owned: DisposableStore): Promise<Composition> {
  await nextTurn();
  const { compose } = await import('./composition');
  await nextTurn();
  if (owned.isDisposed) throw new vscode.CancellationError();
  return compose(context, owned);
}

function showLoadFailure(error: unknown): undefined {
  if (error instanceof vscode.CancellationError) return;
  const reload = vscode.l10n.t('Reload Window');
  const text = vscode.l10n.t(
    'XTrack could not be loaded: {0}. Reload the window. If that does not help, reinstall the extension.',
    error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : String(error),
  );
  void vscode.window.showErrorMessage(text, reload).then((choice) => {
    if (choice === reload) void vscode.commands.executeCommand('workbench.action.reloadWindow');
  });
}
