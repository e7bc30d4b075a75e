/** Composition root: makes the parts, ties them together, and nothing else. */
import * as vscode from 'vscode';
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { DisposableStore, toDisposable } from './base/disposable';
import { AlertNotices } from './editor/alerts/alertNotices';
import { WindowAlerts } from './editor/alerts/windowAlerts';
import { ChartPanels } from './editor/charts/chartPanels';
import { NamedViews } from './editor/charts/namedViews';
import type { ClientHost } from './editor/collectorClient';
import { InstallClient } from './editor/client/installClient';
import { NameCollision } from './editor/client/nameCollision';
import { Collectors } from './editor/collectors';
import { type Handlers, registerCommands } from './editor/commands';
import { Installation } from './editor/connection/installation';
import { SendCommand } from './editor/control/sendCommand';
import { ResumeRun } from './editor/control/resumeRun';
import { StopRun } from './editor/control/stopRun';
import { discover } from './editor/connection/discover';
import { expandPath } from './editor/directory';
import { Doctor } from './editor/doctor/doctor';
import { collectFacts } from './editor/doctor/doctorFacts';
import { DebugRun } from './editor/debug/debugRun';
import { showDiskUsage } from './editor/disk/diskUsage';
import { TrashBin } from './editor/disk/trashBin';
import { EditRuns } from './editor/edit/editRuns';
import { NotesFiles } from './editor/edit/notesFiles';
import { ExampleFolder } from './editor/firstSteps/exampleFolder';
import { FirstSteps } from './editor/firstSteps/firstSteps';
import { copyLines } from './editor/firstSteps/threeLines';
import { LanguageOnDemand } from './editor/language/languageOnDemand';
import { EditAndRun } from './editor/launch/editAndRun';
import { Launcher } from './editor/launch/launcher';
import { RunTasks, TASK_TYPE } from './editor/launch/runTasks';
import { createLog } from './editor/log';
import { exportRuns, rebuildDatabases } from './editor/longTasks';
import { isTrusted, requireTrust, showFailure } from './editor/messages';
import { TrackCell } from './editor/notebooks/trackCell';
import { Notifications } from './editor/notifications';
import { openFile, workingDirectory } from './editor/openFile';
import { OutputTerminals } from './editor/output/outputTerminals';
import { TracebackLinks } from './editor/output/tracebackLinks';
import { RunColors } from './editor/runColors';
import { RunFeed } from './editor/runFeed';
import { askFilter } from './editor/runsTree/askFilter';
import { checkpointOf, fileOf } from './editor/runsTree/nodes';
import { RunsTree } from './editor/runsTree/runsTree';
import { RunTargets } from './editor/runTargets';
import { setting } from './editor/settings';
import { StatusBar } from './editor/statusBar';
import { prepareTerminals } from './editor/terminalEnvironment';
import { watchFolder } from './editor/watchFolder';
import { windowEnvironment } from './editor/windowEnvironment';
import { isId } from './protocol/ids';
import type { Launched } from './protocol/rows';

declare const __BUILD__: string;
declare const __VERSION__: string;

/** For tests and other extensions. */
export interface XTrackApi {
  tree: RunsTree;
  feed: RunFeed;
  collectors: Collectors;
}

export function activate(context: vscode.ExtensionContext): XTrackApi {
  const owned = new DisposableStore();
  context.subscriptions.push(owned);
  const log = owned.add(createLog());
  const parts = makeParts(context, owned, log);
  const debugRun = owned.add(makeDebugRun(parts, log));
  owned.add(registerCommands(makeHandlers(parts, debugRun, log), log));
  const { tree, feed, collectors } = parts;
  // What comes by itself comes in the next turn: the editor waits for this one.
  const next = setImmediate(() => {
    tree.showState();
    tie(context, parts, owned, log);
  });
  owned.add(toDisposable(() => clearImmediate(next)));
  return { tree, feed, collectors };
}

type Parts = ReturnType<typeof makeParts>;

function makeParts(context: vscode.ExtensionContext, owned: DisposableStore, log: vscode.LogOutputChannel) {
  const dist = join(context.extensionPath, 'dist');
  const installation = new Installation(dist, context.globalStorageUri.fsPath, __BUILD__);
  const collectors = owned.add(new Collectors(clientHost(context, installation, log)));
  const feed = owned.add(new RunFeed(collectors, log));
  const colors = new RunColors(context.workspaceState, (error) => log.error(`Run colours: ${String(error)}`));
  const tree = owned.add(new RunsTree(collectors, feed, colors, log));
  const outputs = owned.add(new OutputTerminals(collectors, log));
  const example = new ExampleFolder(context.extensionUri, context.globalState);
  const firstSteps = owned.add(new FirstSteps(context.globalState, collectors, feed, example, log));
  const stopRun = new StopRun(collectors, log);
  const resumeRun = new ResumeRun(collectors, log);
  const notes = owned.add(new NotesFiles(collectors));
  const charts = owned.add(
    new ChartPanels({
      extensionUri: context.extensionUri,
      source: collectors,
      colors,
      views: new NamedViews(context.workspaceState),
      actions: {
        stop: async (run_id) => (requireTrust(), stopRun.stop(run_id)),
        resume: async (run_id, checkpoint) => (
          requireTrust(),
          checkpoint ? resumeRun.resume(run_id, checkpoint) : resumeRun.fromLast(run_id)
        ),
        showOutput: (run_id) => outputs.show(run_id),
        editNotes: (run_id) => notes.open(run_id),
      },
      keyMetric: () => setting('keyMetric'),
      onShown: (runs) => firstSteps.shown(runs),
      log: (message) => log.info(message),
    }),
  );
  owned.add(new LanguageOnDemand(dist, log));
  const clients = (): string[] => [installation.client];
  const collision = new NameCollision(context.workspaceState, clients, log);
  const edits = new EditRuns(collectors);
  const trash = new TrashBin(
    collectors,
    (run_ids) => edits.restore(run_ids),
    (error) => void showFailure(error, log),
  );
  const env = windowEnvironment(process.env);
  const client = async (): Promise<string> => (await installation.install(), installation.client);
  const onRun = (run_id: string, first: boolean): void => showCellRun(charts, run_id, first);
  return {
    installation,
    collectors,
    feed,
    tree,
    outputs,
    stopRun,
    resumeRun,
    editAndRun: new EditAndRun(collectors, log),
    sendCommand: new SendCommand(collectors),
    charts,
    example,
    trackCell: owned.add(new TrackCell({ collectors, feed, client, onRun, log })),
    launcher: new Launcher(collectors, context.workspaceState, log, (request) => collision.accepts(request)),
    edits,
    trash,
    installClient: new InstallClient({
      client,
      env: () => ({ ...env, PYTHONPATH: undefined }),
      folder: () => vscode.workspace.workspaceFolders?.[0],
      directory: () => connectionOf(collectors),
      log,
    }),
    doctor: owned.add(
      new Doctor({
        facts: () =>
          collectFacts({
            version: __VERSION__,
            build: __BUILD__,
            collectors,
            filter: () => tree.filter,
            trashed: () => trash.count().catch(() => 0),
            env,
            clients,
            log,
          }),
        python: async () => pythonSurroundings(collectors, await client(), env),
      }),
    ),
    notes,
    targets: new RunTargets(collectors, colors, tree),
  };
}

/** What listens and tells: nothing else refers to these. */
function tie(
  context: vscode.ExtensionContext,
  parts: Parts,
  owned: DisposableStore,
  log: vscode.LogOutputChannel,
): void {
  const { collectors, feed, outputs, launcher, stopRun, resumeRun, charts, installation, example } = parts;
  const since = Date.now();
  const fail = (error: unknown): void => void showFailure(error, log);
  owned.add(new StatusBar(collectors, feed, since));
  const actions = {
    openFailure: (run_id: string) => openFailure(parts, run_id),
    showOutput: (run_id: string) => outputs.show(run_id),
    resume: async (run_id: string) => void (await showLaunched(parts, await resumeRun.fromLast(run_id))),
    openCharts: (run_id: string) => charts.open([run_id]),
  };
  owned.add(new Notifications(feed, actions, since, fail));
  const alertActions = {
    openCharts: actions.openCharts,
    stop: (run_id: string) => stopRun.stop(run_id),
  };
  owned.add(new AlertNotices(collectors, feed, alertActions, since, fail));
  const tasks = new RunTasks({
    launch: (profile) => launcher.launchProfile(profile),
    follow: (run_id) => outputs.follow(run_id),
    stop: (run_id) => stopRun.stop(run_id),
    log,
  });
  owned.add(vscode.tasks.registerTaskProvider(TASK_TYPE, tasks));
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

function makeDebugRun(parts: Parts, log: vscode.LogOutputChannel): DebugRun {
  const launch = async (file: unknown, debuggerPath?: string): Promise<Launched | undefined> =>
    showLaunched(parts, await parts.launcher.launchFile(file, { debugger: debuggerPath }));
  const stop = (run_id: string): Promise<unknown> => parts.stopRun.stop(run_id);
  return new DebugRun(parts.collectors, { launch, stop }, log, (error) => void showFailure(error, log));
}

function makeHandlers(parts: Parts, debugRun: DebugRun, log: vscode.LogOutputChannel): Handlers {
  const { collectors, feed, tree, outputs, stopRun, resumeRun, charts, launcher, edits, notes, targets, trash } = parts;
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
      const filter = 'status in ("running", "lost")';
      const question = { title: vscode.l10n.t('Which run?'), filter, none: vscode.l10n.t('No run is active.') };
      const run_id = await targets.one(args, question);
      if (run_id) await sendCommand.send(run_id, args[1], args[2]);
    }),
    'xtrack.stop': trusted(async (...args) => {
      const filter = 'status in ("queued", "running", "lost")';
      const question = { title: vscode.l10n.t('Which run to stop?'), filter, none: vscode.l10n.t('No run is active.') };
      const run_id = await targets.one(args, question);
      return run_id && stopRun.stop(run_id);
    }),
    'xtrack.resume': trusted(async (...args) => {
      const filter = 'not status in ("queued", "running")';
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
      if (run_id) await notes.open(run_id);
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

/** Where the workspace is not trusted it is told so, and nothing is done. */
function trusted(act: (...args: unknown[]) => unknown): (...args: unknown[]) => Promise<unknown> {
  return async (...args) => ((await isTrusted()) ? act(...args) : undefined);
}

/** What everybody wants to see of a run that was just started: its output, and its curves beside the editor. */
async function showLaunched(
  { outputs, charts }: Pick<Parts, 'outputs' | 'charts'>,
  launched: Launched | undefined,
): Promise<Launched | undefined> {
  if (!launched) return undefined;
  await outputs.show(launched.run_id, true);
  if (setting('openChartsOnLaunch')) charts.open([launched.run_id], { preserveFocus: true });
  return launched;
}

/** The first of a notebook opens its charts; those that follow are drawn over it while it is there. */
function showCellRun(charts: ChartPanels, run_id: string, first: boolean): void {
  if (!setting('openChartsOnLaunch')) return;
  if (first || charts.shownRuns.length === 0) charts.open([run_id], { preserveFocus: true });
  else charts.add([run_id]);
}

async function openFailure({ collectors }: Pick<Parts, 'collectors'>, run_id: string): Promise<void> {
  const { error_at } = await collectors.callRun(run_id, 'runs.get', { run_id });
  if (error_at) await openFile(error_at.file, await workingDirectory(collectors, run_id), error_at.line);
}

/** Where a script elsewhere finds the runs of this window's first folder. */
async function connectionOf(
  collectors: Collectors,
): Promise<{ dir: string; address: { port: number; token: string } | null }> {
  const [client] = collectors.clients;
  return { dir: client?.dir ?? '/path/to/.xtrack', address: client ? await discover(client.dir, process.env) : null };
}

/** As a script in the first folder has it that is launched from here. */
function pythonSurroundings(
  { clients }: Collectors,
  python: string,
  env: Record<string, string>,
): { cwd: string; env: NodeJS.ProcessEnv } {
  const cwd = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? homedir();
  const path = [python, env['PYTHONPATH']].filter(Boolean).join(delimiter);
  const dir = clients[0] && { XTRACK_DIR: clients[0].dir };
  return { cwd, env: { ...env, ...dir, PYTHONPATH: path } };
}

function clientHost(
  context: vscode.ExtensionContext,
  installation: Installation,
  log: vscode.LogOutputChannel,
): ClientHost {
  const alerts = new WindowAlerts(log);
  return {
    version: __VERSION__,
    build: __BUILD__,
    env: process.env,
    installedCollector: async () => {
      await installation.install();
      return installation.collector;
    },
    idleExitMinutes: () => setting('idleExitMinutes'),
    journals: () => setting('journals'),
    retention: () => ({ days: setting('retention.days') || null, trash_days: setting('retention.trashDays') || null }),
    alerts: () => alerts.settings(),
    refused: (problems) => alerts.refuse(problems),
    errorFile: (dir) => {
      const name = createHash('sha256').update(dir).digest('hex').slice(0, 16);
      return join(context.globalStorageUri.fsPath, 'logs', `${name}.log`);
    },
    log: (level, message) => log[level](message),
  };
}

/** Scripts in terminals must find the directory that the setting names; '' leaves them to the common rule. */
function terminalDirectory({ uri }: vscode.WorkspaceFolder): string {
  const chosen = setting('directory', uri);
  return chosen ? resolve(uri.fsPath, expandPath(chosen, uri.fsPath)) : '';
}
