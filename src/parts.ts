/** Creates everything that a window has one of, and gives each part what it needs. */
import * as vscode from 'vscode';
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { DisposableStore } from './base/disposable';
import { WindowAlerts } from './editor/alerts/windowAlerts';
import { ChartPanels } from './editor/charts/chartPanels';
import { NamedViews } from './editor/charts/namedViews';
import type { ClientHost } from './editor/collectors/collectorClient';
import { InstallClient } from './editor/client/installClient';
import { NameCollision } from './editor/client/nameCollision';
import { Collectors } from './editor/collectors/collectors';
import { Installation } from './editor/collectors/installation';
import { SendCommand } from './editor/control/sendCommand';
import { ResumeRun } from './editor/control/resumeRun';
import { StopRun } from './editor/control/stopRun';
import { discover } from './editor/collectors/discover';
import { DebugRun } from './editor/debug/debugRun';
import { Doctor } from './editor/doctor/doctor';
import { collectFacts } from './editor/doctor/doctorFacts';
import { TrashBin } from './editor/disk/trashBin';
import { EditRuns } from './editor/edit/editRuns';
import { openNotes } from './editor/edit/openNotes';
import { ExampleFolder } from './editor/firstSteps/exampleFolder';
import { FirstSteps } from './editor/firstSteps/firstSteps';
import { LanguageOnDemand } from './editor/language/languageOnDemand';
import { EditAndRun } from './editor/launch/editAndRun';
import { Launcher } from './editor/launch/launcher';
import { requireTrust, showFailure } from './editor/window/messages';
import { TrackCell } from './editor/notebooks/trackCell';
import { OutputTerminals } from './editor/output/outputTerminals';
import { RunColors } from './editor/runs/runColors';
import { RunFeed } from './editor/runs/runFeed';
import { RunsTree } from './editor/runsTree/runsTree';
import { RunTargets } from './editor/runs/runTargets';
import { setting } from './editor/window/settings';
import { windowEnvironment } from './editor/window/windowEnvironment';

import type { Launched } from './protocol/rows';

declare const __BUILD__: string;
declare const __VERSION__: string;

export type Parts = ReturnType<typeof makeParts>;

export function makeParts(context: vscode.ExtensionContext, owned: DisposableStore, log: vscode.LogOutputChannel) {
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
  const editAndRun = new EditAndRun(collectors, log);
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
        again: async (run_id) => {
          requireTrust();
          const launched = await editAndRun.again(run_id);
          if (launched) charts.add([launched.run_id]);
        },
        showOutput: (run_id) => outputs.show(run_id),
        editNotes: (run_id) => openNotes(collectors, run_id),
      },
      keyMetric: () => setting('keyMetric'),
      onShown: (runs) => firstSteps.shown(runs),
      log: (message) => log.info(message),
    }),
  );
  owned.add(new LanguageOnDemand(dist, vscode.Uri.joinPath(context.extensionUri, 'docs/rules').toString(), log));
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
  const launcher = new Launcher(collectors, context.workspaceState, log, (request) => collision.accepts(request));
  /** Shows a run that has just started: its output, and its curves beside the editor. */
  const showLaunched = async (launched: Launched | undefined): Promise<Launched | undefined> => {
    if (!launched) return undefined;
    await outputs.show(launched.run_id, true);
    if (setting('openChartsOnLaunch')) charts.open([launched.run_id], { preserveFocus: true });
    return launched;
  };
  const debugActions = {
    launch: async (file: unknown, debuggerPath?: string) =>
      showLaunched(await launcher.launchFile(file, { debugger: debuggerPath })),
    stop: (run_id: string) => stopRun.stop(run_id),
  };
  return {
    installation,
    collectors,
    feed,
    tree,
    outputs,
    stopRun,
    resumeRun,
    editAndRun,
    sendCommand: new SendCommand(collectors),
    charts,
    example,
    trackCell: owned.add(new TrackCell({ collectors, feed, client, onRun, log })),
    launcher,
    showLaunched,
    debugRun: owned.add(new DebugRun(collectors, debugActions, log, (error) => void showFailure(error, log))),
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
            settings: settingNames(context),
            clients,
            log,
          }),
        python: async () => pythonSurroundings(collectors, await client(), env),
      }),
    ),
    targets: new RunTargets(collectors, colors, tree),
  };
}

function settingNames({ extension }: vscode.ExtensionContext): string[] {
  const { contributes } = extension.packageJSON as { contributes: { configuration: { properties: object } } };
  return Object.keys(contributes.configuration.properties).map((id) => id.slice('xtrack.'.length));
}

/** The first run of a notebook opens its charts; while these are open, later runs are added to them. */
function showCellRun(charts: ChartPanels, run_id: string, first: boolean): void {
  if (!setting('openChartsOnLaunch')) return;
  if (first || charts.shownRuns.length === 0) charts.open([run_id], { preserveFocus: true });
  else charts.add([run_id]);
}

/** How a script elsewhere reaches the collector of this window's first folder. */
async function connectionOf(
  collectors: Collectors,
): Promise<{ dir: string; address: { port: number; token: string } | null }> {
  const [client] = collectors.clients;
  return { dir: client?.dir ?? '/path/to/.xtrack', address: client ? await discover(client.dir, process.env) : null };
}

/** The folder and the variables that a script launched in the first folder would have. */
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
