/** What each command does with the parts. */
import * as vscode from 'vscode';
import { ACTIVE, isAlive, isWaiting, statusFilter } from './domain/run/lifecycle';
import type { DisposableStore } from './base/disposable';
import type { Handlers } from './editor/commands';
import { DebugRun } from './editor/debug/debugRun';
import { showDiskUsage } from './editor/disk/diskUsage';
import { openNotes } from './editor/edit/openNotes';
import { copyLines } from './editor/firstSteps/threeLines';
import { exportRuns, rebuildDatabases } from './editor/longTasks';
import { isTrusted, showFailure } from './editor/messages';
import { openFile, workingDirectory } from './editor/openFile';
import { askFilter } from './editor/runsTree/askFilter';
import { checkpointOf, fileOf } from './editor/runsTree/nodes';
import { setting } from './editor/settings';
import { watchFolder } from './editor/watchFolder';
import { isId } from './protocol/ids';
import type { Launched } from './protocol/rows';
import type { Parts } from './parts';

export function makeHandlers(parts: Parts, owned: DisposableStore, log: vscode.LogOutputChannel): Handlers {
  const debugRun = owned.add(makeDebugRun(parts, log));
  const { collectors, feed, tree, outputs, stopRun, resumeRun, charts, launcher, edits, targets, trash } = parts;
  const { editAndRun, sendCommand } = parts;
  const { example, installClient, doctor } = parts;
  const none = vscode.l10n.t('There are no runs yet. Launch a script first.');
  const several = (args: unknown[], title: string): Promise<string[]> =>
    targets.some(args, { title, none, many: true });
  const one = (args: unknown[], title: string): Promise<string | undefined> => targets.one(args, { title, none });
  const orSelected = (args: unknown[]): unknown[] => (args.length > 0 ? args : [tree.selectedRuns]);
  return {
    'xtrack.launch': trusted(async (request) => showLaunched(parts, await launcher.launch(request))),
    'xtrack.launchCurrentFile': trusted(async (file) => showLaunched(parts, await launcher.launchFile(file))),
    'xtrack.debugCurrentFile': trusted((file) => debugRun.debugFile(file)),
    'xtrack.trackCell': trusted((cell) => parts.trackCell.track(cell)),
    'xtrack.runAgain': trusted(async (...args) => {
      const run_id = await one(orSelected(args), vscode.l10n.t('Which run to run again?'));
      return run_id && showLaunched(parts, await editAndRun.again(run_id));
    }),
    'xtrack.editAndRun': trusted(async (...args) => {
      const run_id = await one(orSelected(args), vscode.l10n.t('Whose parameters to edit?'));
      return run_id && showLaunched(parts, await editAndRun.edit(run_id));
    }),
    'xtrack.fork': trusted(async (...args) => {
      const run_id = await one(args, vscode.l10n.t('Which run to fork?'));
      return run_id && showLaunched(parts, await resumeRun.fork(run_id, checkpointOf(args)));
    }),
    'xtrack.sendCommand': trusted(async (...args) => {
      const filter = statusFilter(ACTIVE.filter((status) => !isWaiting(status)));
      const question = { title: vscode.l10n.t('Which run?'), filter, none: vscode.l10n.t('No run is active.') };
      const run_id = await targets.one(args, question);
      if (run_id) await sendCommand.send(run_id, args[1], args[2]);
    }),
    'xtrack.stop': trusted(async (...args) => {
      const filter = statusFilter(ACTIVE);
      const question = { title: vscode.l10n.t('Which run to stop?'), filter, none: vscode.l10n.t('No run is active.') };
      const run_id = await targets.one(args, question);
      return run_id && stopRun.stop(run_id);
    }),
    'xtrack.resume': trusted(async (...args) => {
      const filter = `not ${statusFilter(ACTIVE.filter(isAlive))}`;
      const ended = vscode.l10n.t('No run has ended yet.');
      const run_id = await targets.one(args, { title: vscode.l10n.t('Which run to resume?'), filter, none: ended });
      return run_id && showLaunched(parts, await resumeRun.fromLast(run_id));
    }),
    'xtrack.resumeFrom': trusted(async (...args) => {
      const run_id = await one(args, vscode.l10n.t('Which run to resume?'));
      if (!run_id) return undefined;
      const checkpoint = checkpointOf(args);
      const launched = checkpoint ? resumeRun.resume(run_id, checkpoint) : resumeRun.fromPicked(run_id);
      return showLaunched(parts, await launched);
    }),
    'xtrack.openCharts': async (...args) => {
      const run_ids = await several(orSelected(args), vscode.l10n.t('Which runs to show?'));
      if (run_ids.length > 0) charts.open(run_ids);
    },
    'xtrack.filterRuns': (filter) => askFilter(tree, filter),
    'xtrack.clearFilter': () => tree.setFilter(''),
    'xtrack.refresh': async () => {
      await collectors.reconnect();
      await feed.refresh();
    },
    'xtrack.loadMore': () => tree.loadMore(),
    'xtrack.showOutput': async (...args) => {
      const run_id = await one(args, vscode.l10n.t('Whose output to show?'));
      if (run_id) await outputs.show(run_id);
    },
    'xtrack.openFailure': async (...args) => {
      const run_id = await one(args, vscode.l10n.t('Which run failed?'));
      if (run_id) await openFailure(parts, run_id);
    },
    'xtrack.openArtifact': async (node) => {
      const file = fileOf(node);
      if (file) await openFile(file.path, await workingDirectory(collectors, file.run_id));
    },
    'xtrack.exportRun': async (...args) => {
      const run_ids = await several(args, vscode.l10n.t('Which runs to export?'));
      return exportRuns(collectors, run_ids, args[1] instanceof vscode.Uri ? args[1] : undefined);
    },
    'xtrack.rename': async (...args) => {
      const run_id = await one(orSelected(args), vscode.l10n.t('Which run to rename?'));
      if (run_id) await edits.rename(run_id, args[1]);
    },
    'xtrack.editNotes': async (...args) => {
      const run_id = await one(args, vscode.l10n.t('Whose notes?'));
      if (run_id) await openNotes(collectors, run_id);
    },
    'xtrack.tag': async (...args) => edits.tag(await several(args, vscode.l10n.t('Which runs to tag?'))),
    'xtrack.star': async (...args) => edits.star(await several(args, vscode.l10n.t('Which runs to star?')), true),
    'xtrack.unstar': async (...args) => edits.star(await several(args, vscode.l10n.t('Which runs to unstar?')), false),
    'xtrack.delete': async (...args) =>
      edits.delete(await several(orSelected(args), vscode.l10n.t('Which runs to move to the trash?'))),
    'xtrack.restoreDeleted': (...args) => {
      const run_ids = args.filter(isId);
      return run_ids.length > 0 ? edits.restore(run_ids) : trash.pick();
    },
    'xtrack.emptyTrash': () => trash.empty(),
    'xtrack.diskUsage': () =>
      showDiskUsage(collectors, {
        delete: (run_ids) => edits.delete(run_ids),
        emptyTrash: () => trash.empty(),
        fail: (error) => void showFailure(error, log),
      }),
    'xtrack.copyRunId': async (...args) => {
      const run_ids = await several(args, vscode.l10n.t('Whose id to copy?'));
      if (run_ids.length > 0) await vscode.env.clipboard.writeText(run_ids.join('\n'));
    },
    'xtrack.rebuildDatabase': () => rebuildDatabases(collectors),
    'xtrack.watchFolder': () => watchFolder(),
    'xtrack.openExample': (into) => example.open(into instanceof vscode.Uri ? into : undefined),
    'xtrack.copyLines': () => copyLines(),
    'xtrack.installClient': trusted((interpreter) => installClient.run(interpreter)),
    'xtrack.doctor': () => doctor.run(),
    'xtrack.showLog': () => log.show(),
  };
}

function makeDebugRun(parts: Parts, log: vscode.LogOutputChannel): DebugRun {
  const launch = async (file: unknown, debuggerPath?: string): Promise<Launched | undefined> =>
    showLaunched(parts, await parts.launcher.launchFile(file, { debugger: debuggerPath }));
  const stop = (run_id: string): Promise<unknown> => parts.stopRun.stop(run_id);
  return new DebugRun(parts.collectors, { launch, stop }, log, (error) => void showFailure(error, log));
}

/** Where the workspace is not trusted it is told so, and nothing is done. */
function trusted(act: (...args: unknown[]) => unknown): (...args: unknown[]) => Promise<unknown> {
  return async (...args) => ((await isTrusted()) ? act(...args) : undefined);
}

/** What everybody wants to see of a run that was just started: its output, and its curves beside the editor. */
export async function showLaunched(
  { outputs, charts }: Pick<Parts, 'outputs' | 'charts'>,
  launched: Launched | undefined,
): Promise<Launched | undefined> {
  if (!launched) return undefined;
  await outputs.show(launched.run_id, true);
  if (setting('openChartsOnLaunch')) charts.open([launched.run_id], { preserveFocus: true });
  return launched;
}

export async function openFailure({ collectors }: Pick<Parts, 'collectors'>, run_id: string): Promise<void> {
  const { error_at } = await collectors.callRun(run_id, 'runs.get', { run_id });
  if (error_at) await openFile(error_at.file, await workingDirectory(collectors, run_id), error_at.line);
}
