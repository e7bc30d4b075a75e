import * as vscode from 'vscode';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Launched, RunDetail } from '../../protocol/rows';
import type { Collectors } from '../collectors/collectors';
import { plain } from '../window/messages';
import { isActive } from '../runs/runFeed';
import { findPythonDebugger, type PythonDebugger } from './pythonDebugger';

const EXTENSION = 'ms-python.debugpy';
const POLL_MS = 100;
/** How long a script may take to end by itself before the end of its debug session stops the run. */
const ENDS_BY_ITSELF_MS = 2_000;
/** The key in a debug configuration that names the run. */
const RUN = 'xtrackRun';

interface Actions {
  launch(file: unknown, debugger_?: string): Promise<Launched | undefined>;
  stop(run_id: string): Promise<unknown>;
}

/**
 * Debugs a script that is launched, and recorded, like any other: it waits in debugpy until the editor's debugger is
 * attached. Ending the debug session stops the run.
 */
export class DebugRun implements vscode.Disposable {
  private readonly listening: vscode.Disposable;

  constructor(
    private readonly collectors: Collectors,
    private readonly actions: Actions,
    private readonly log: vscode.LogOutputChannel,
    onFailure: (error: unknown) => void,
  ) {
    this.listening = vscode.debug.onDidTerminateDebugSession((session) => {
      const run_id: unknown = session.configuration[RUN];
      // A subprocess has its own session, whose parent is that of the script.
      if (typeof run_id === 'string' && !session.parentSession) this.sessionEnded(run_id).catch(onFailure);
    });
  }

  dispose(): void {
    this.listening.dispose();
  }

  /** Saves and debugs the file. Undefined if nothing was launched. */
  async debugFile(file: unknown): Promise<Launched | undefined> {
    const python = await findPythonDebugger(this.log);
    if (!python) return this.offerDebugger(file);
    const launched = await this.actions.launch(file, python.path);
    if (!launched) return undefined;
    const { run_id } = launched;
    const port = await this.untilWaiting(launched);
    if (port === 'ended') return launched;
    if (port === null || !(await this.attach(run_id, python, port))) await this.actions.stop(run_id);
    return launched;
  }

  private async offerDebugger(file: unknown): Promise<Launched | undefined> {
    const show = vscode.l10n.t('Show Extension');
    const without = vscode.l10n.t('Track Without Debugging');
    const text = vscode.l10n.t(
      'Debugging requires the Python Debugger extension ({0}), which is not installed.',
      EXTENSION,
    );
    const choice = await vscode.window.showWarningMessage(text, show, without);
    if (choice === show) await vscode.commands.executeCommand('workbench.extensions.search', `@id:${EXTENSION}`);
    return choice === without ? this.actions.launch(file) : undefined;
  }

  /** The port that the script waits at; null if the user canceled. */
  private async untilWaiting({ run_id, attempt }: Launched): Promise<number | 'ended' | null> {
    const { dir } = await this.collectors.forRun(run_id);
    const endpoints = join(dir, 'runs', run_id, `debugger-${attempt}.json`);
    const title = vscode.l10n.t('Waiting for the script to start under the debugger…');
    const location = vscode.ProgressLocation.Notification;
    return vscode.window.withProgress({ location, title, cancellable: true }, async (_, token) => {
      while (!token.isCancellationRequested) {
        const port = await readPort(endpoints);
        if (port !== null) return port;
        // Its failure is shown like that of any other run.
        if (!isActive(await this.fetchDetail(run_id))) return 'ended';
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
      return null;
    });
  }

  private async attach(run_id: string, { type }: PythonDebugger, port: number): Promise<boolean> {
    const { name } = await this.fetchDetail(run_id);
    const folder = vscode.window.activeTextEditor
      ? vscode.workspace.getWorkspaceFolder(vscode.window.activeTextEditor.document.uri)
      : undefined;
    return vscode.debug.startDebugging(folder ?? vscode.workspace.workspaceFolders?.[0], {
      type,
      request: 'attach',
      name: vscode.l10n.t('{0} with tracking', plain(name, 60)),
      connect: { host: '127.0.0.1', port },
      // Into the debug console as well.
      redirectOutput: true,
      [RUN]: run_id,
    });
  }

  private async sessionEnded(run_id: string): Promise<void> {
    for (const deadline = Date.now() + ENDS_BY_ITSELF_MS; Date.now() < deadline;) {
      if (!isActive(await this.fetchDetail(run_id))) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    this.log.info(`The debugger left run ${run_id}, so it is stopped`);
    await this.actions.stop(run_id);
  }

  private fetchDetail(run_id: string): Promise<RunDetail> {
    return this.collectors.callRun(run_id, 'runs.get', { run_id });
  }
}

/** The file that debugpy's adapter writes once it listens. */
async function readPort(file: string): Promise<number | null> {
  try {
    const { client } = JSON.parse(await readFile(file, 'utf8')) as { client?: { port?: unknown } };
    return typeof client?.port === 'number' ? client.port : null;
  } catch {
    return null; // not there yet, or half of it
  }
}
