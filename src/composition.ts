/** Composition root: creates the parts and connects them. */
import * as vscode from 'vscode';
import { resolve } from 'node:path';
import { type DisposableStore, toDisposable } from './base/disposable';
import { setTexts } from './base/texts';
import { commandHandlers } from './commandHandlers';
import { AlertNotices } from './editor/alerts/alertNotices';
import type { Collectors } from './editor/collectors/collectors';
import { commandRunner } from './editor/window/commands';
import type { CommandId } from './editor/contributions';
import { expandPath } from './editor/window/settingPath';
import { RunTasks } from './editor/launch/runTasks';
import { createLog } from './editor/window/log';
import { showFailure } from './editor/window/messages';
import { Notifications } from './editor/status/notifications';
import { openFile, workingDirectory } from './editor/runs/openFile';
import { openFailure } from './editor/output/openFailure';
import { TracebackLinks } from './editor/output/tracebackLinks';
import type { RunFeed } from './editor/runs/runFeed';
import type { RunsTree } from './editor/runsTree/runsTree';
import { setting } from './editor/window/settings';
import { StatusBar } from './editor/status/statusBar';
import { prepareTerminals } from './editor/client/terminalEnvironment';
import { makeParts, type Parts } from './parts';

/** What tests and other extensions can reach. */
export interface Shown {
  tree: RunsTree;
  feed: RunFeed;
  collectors: Collectors;
}

/** What extension.ts passes requests on to. */
export interface Composition {
  shown: Shown;
  tasks: vscode.TaskProvider;
  /** Shows a failure to the user; never rejects. */
  run(id: CommandId, args: unknown[]): Promise<unknown>;
}

export function compose(context: vscode.ExtensionContext, owned: DisposableStore): Composition {
  setTexts(vscode.l10n.bundle);
  const log = owned.add(createLog());
  const parts = makeParts(context, owned, log);
  const run = commandRunner(commandHandlers(parts, log), log);
  // Unrequested work waits for the next turn, because a command may be waiting for this one to end.
  const next = setImmediate(() => {
    parts.tree.showState();
    wireListeners(context, parts, owned, log);
  });
  owned.add(toDisposable(() => clearImmediate(next)));
  const { tree, feed, collectors } = parts;
  return { shown: { tree, feed, collectors }, tasks: makeTasks(parts, log), run };
}

/** Creates the parts that only listen and notify: nothing else refers to them. */
function wireListeners(
  context: vscode.ExtensionContext,
  parts: Parts,
  owned: DisposableStore,
  log: vscode.LogOutputChannel,
): void {
  const { collectors, feed, outputs, stopRun, resumeRun, charts, installation, example } = parts;
  const since = Date.now();
  const fail = (error: unknown): void => void showFailure(error, log);
  owned.add(new StatusBar(collectors, feed, since));
  const actions = {
    openFailure: (run_id: string) => openFailure(collectors, run_id),
    showOutput: (run_id: string) => outputs.show(run_id),
    resume: async (run_id: string) => void (await parts.showLaunched(await resumeRun.fromLast(run_id))),
    openCharts: (run_id: string) => charts.open([run_id]),
  };
  owned.add(new Notifications(feed, actions, since, fail));
  const alertActions = {
    openCharts: actions.openCharts,
    stop: (run_id: string) => stopRun.stop(run_id),
  };
  owned.add(new AlertNotices(collectors, feed, alertActions, since, fail));
  const links = new TracebackLinks(
    async (terminal) => {
      const run_id = outputs.runOf(terminal);
      return run_id === undefined ? null : workingDirectory(collectors, run_id);
    },
    (file, line) => openFile(file, '', line).catch(fail),
  );
  owned.add(vscode.window.registerTerminalLinkProvider(links));
  const terminals = (): void =>
    prepareTerminals(context.environmentVariableCollection, installation.client, terminalDirectory);
  owned.add(vscode.workspace.onDidChangeWorkspaceFolders(terminals));
  owned.add(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration('xtrack.directory')) terminals();
    }),
  );
  installation.install().then(terminals, fail);
  collectors.resolveFolders().catch(fail);
  example.showOpened().catch(fail);
}

function makeTasks({ launcher, outputs, stopRun }: Parts, log: vscode.LogOutputChannel): RunTasks {
  return new RunTasks({
    launch: (profile) => launcher.launchProfile(profile),
    follow: (run_id) => outputs.follow(run_id),
    stop: (run_id) => stopRun.stop(run_id),
    log,
  });
}

/** The directory that the setting names, for scripts in terminals; '' where they follow the common rule. */
function terminalDirectory({ uri }: vscode.WorkspaceFolder): string {
  const chosen = setting('directory', uri);
  return chosen ? resolve(uri.fsPath, expandPath(chosen, uri.fsPath)) : '';
}
