import * as vscode from 'vscode';
import { basename, dirname } from 'node:path';
import { DisposableStore } from '../../base/disposable';
import { userError } from '../../protocol/apiError';
import type { RunRow } from '../../protocol/rows';
import type { Collectors } from '../collectors/collectors';
import { plain } from '../window/messages';
import type { RunFeed } from '../runs/runFeed';
import { CellFailure, executeSilently, type JupyterKernel, jupyterKernel } from './jupyterKernels';
import {
  type CellPlace,
  codeCellsAbove,
  execute,
  executeAbove,
  executeApart,
  findCell,
  insertCell,
} from './notebookCells';
import { type KernelSetup, setupCode } from './setupCode';

interface Deps {
  collectors: Collectors;
  feed: RunFeed;
  /** Resolves to the folder with the client once it is installed. */
  client(): Promise<string>;
  /** A run of a tracked cell has started; `first` for the first one of its notebook in this window. */
  onRun(run_id: string, first: boolean): void;
  log: vscode.LogOutputChannel;
}

interface Tracked {
  setup: Omit<KernelSetup, 'next'>;
  kernel: JupyterKernel | null;
  since: number;
  runs: Set<string>;
}

/**
 * Makes the kernel of a notebook track a cell, and executes it. From then on each execution of the cell is a run of its
 * own, however it was started; so it is after a restart of the kernel where the Jupyter extension tells of it.
 */
export class TrackCell implements vscode.Disposable {
  private readonly owned = new DisposableStore();
  private readonly tracked = new Map<string, Tracked>();

  constructor(private readonly deps: Deps) {
    this.owned.add(deps.feed.onUpdate(({ rows }) => this.takeRows(rows)));
    this.owned.add(vscode.workspace.onDidCloseNotebookDocument(({ uri }) => this.tracked.delete(uri.toString())));
  }

  dispose(): void {
    this.owned.dispose();
  }

  async track(cell: unknown): Promise<void> {
    const place = findCell(cell);
    const tracked = await this.remember(place);
    const code = setupCode({ ...tracked.setup, next: true });
    const kernel = await jupyterKernel(place.notebook.uri, this.deps.log);
    if (!kernel && place.cell && !(await this.runAbove(place.cell))) return;
    try {
      if (!(await this.setUp(place, tracked, kernel, code))) return;
    } catch (error) {
      if (!(error instanceof CellFailure)) throw error;
      this.offerLine(place, code, error);
      return;
    }
    await execute(place);
  }

  /** A cell rarely works in a fresh kernel without the cells above it. False if the user canceled. */
  private async runAbove(cell: vscode.NotebookCell): Promise<boolean> {
    const above = codeCellsAbove(cell);
    if (above.length === 0 || above.some((each) => each.executionSummary?.success !== undefined)) return true;
    const all = vscode.l10n.t('Run Cells Above First');
    const only = vscode.l10n.t('Track This Cell Only');
    const question = vscode.l10n.t('No cell of {0} has been run yet.', nameOf(cell.notebook));
    const detail = vscode.l10n.t('This cell may depend on the cells above it.');
    const choice = await vscode.window.showInformationMessage(question, { modal: true, detail }, all, only);
    if (choice !== all) return choice === only;
    try {
      return await cancellable(vscode.l10n.t('Running the cells above…'), (token) => executeAbove(cell, token));
    } catch (error) {
      if (!(error instanceof CellFailure)) throw error;
      throw userError('invalid', vscode.l10n.t('A cell above failed, so the cell was not tracked: {0}', error.message));
    }
  }

  private async setUp(place: CellPlace, tracked: Tracked, known: JupyterKernel | null, code: string): Promise<boolean> {
    // The kernel is available only after something was executed in it.
    const kernel = known ?? (await jupyterKernel(place.notebook.uri, this.deps.log));
    if (kernel) {
      if (kernel.language !== 'python')
        throw userError('invalid', vscode.l10n.t('The kernel of {0} is not a Python kernel.', nameOf(place.notebook)));
      await executeSilently(kernel, code);
      this.follow(tracked, kernel);
      return true;
    }
    const title = vscode.l10n.t('Preparing the kernel for tracking…');
    const done = await cancellable(title, (token) => executeApart(place, code, token));
    if (done) this.follow(tracked, await jupyterKernel(place.notebook.uri, this.deps.log));
    return done;
  }

  private async remember({ notebook, cell }: CellPlace): Promise<Tracked> {
    const key = notebook.uri.toString();
    const { collectors } = this.deps;
    const client = await collectors.forFolder(folderOf(notebook));
    // Show what the kernel journals as it arrives.
    await client.connect();
    const known = this.tracked.get(key);
    const id = cell?.document.uri.toString();
    const setup = {
      client: await this.deps.client(),
      directory: client.dir,
      notebook: notebook.uri.scheme === 'file' ? notebook.uri.fsPath : undefined,
      cells: id === undefined ? null : [...new Set([...(known?.setup.cells ?? []), id])],
    };
    const tracked: Tracked = known ?? { setup, kernel: null, since: Date.now(), runs: new Set() };
    tracked.setup = setup;
    this.tracked.set(key, tracked);
    return tracked;
  }

  /** A kernel that restarts has forgotten everything. */
  private follow(tracked: Tracked, kernel: JupyterKernel | null): void {
    if (!kernel || kernel === tracked.kernel) return;
    tracked.kernel = kernel;
    let restarting = false;
    this.owned.add(
      kernel.onDidChangeStatus((status) => {
        if (tracked.kernel !== kernel) return;
        if (status === 'restarting' || status === 'terminating') this.stopRuns(tracked);
        if (status === 'restarting' || status === 'autorestarting') restarting = true;
        if (status !== 'idle' || !restarting) return;
        restarting = false;
        executeSilently(kernel, setupCode({ ...tracked.setup, next: false })).catch((error: unknown) =>
          this.deps.log.warn(`The restarted kernel is not tracked: ${String(error)}`),
        );
      }),
    );
  }

  /**
   * Its user restarts or shuts the kernel down, perhaps by a signal that it cannot catch: what ends by that was stopped
   * and did not fail. One that crashes is restarted as well, but by itself, and its status says so.
   */
  private stopRuns(tracked: Tracked): void {
    const { collectors, feed, log } = this.deps;
    // Names alone may fit the runs of another kernel, which trains on.
    const isOnlyOf = (row: RunRow): boolean =>
      [...this.tracked.values()].every((each) => isOf(row, each) === (each === tracked));
    for (const { run_id } of feed.active.filter((row) => tracked.runs.has(row.run_id) && isOnlyOf(row)))
      collectors
        .callRun(run_id, 'runs.command', { run_id, type: 'stop' })
        .catch((error: unknown) =>
          log.warn(`The kernel of run ${run_id} ends, which could not be recorded: ${String(error)}`),
        );
  }

  private offerLine({ cell }: CellPlace, code: string, { message }: CellFailure): void {
    this.deps.log.error(`The kernel could not be set up: ${message}`);
    const text = vscode.l10n.t(
      'This kernel could not be prepared for tracking ({0}). If it runs on another machine or in a container, install the client there.',
      message,
    );
    const insert = vscode.l10n.t('Insert Setup Cell');
    void vscode.window.showErrorMessage(plain(text, 600), ...(cell ? [insert] : [])).then(async (choice) => {
      if (choice === insert && cell) await insertCell(cell, code);
    });
  }

  private takeRows(rows: readonly RunRow[]): void {
    for (const row of rows) {
      const tracked = [...this.tracked.values()].find((each) => isOf(row, each));
      if (!tracked || tracked.runs.has(row.run_id)) continue;
      tracked.runs.add(row.run_id);
      this.deps.onRun(row.run_id, tracked.runs.size === 1);
    }
  }
}

/** By the cell's id, where the kernel knows it, else by the notebook's name. */
function isOf({ tags, created }: RunRow, { setup, since }: Tracked): boolean {
  if (created < since || tags['notebook'] === undefined) return false;
  const cell = tags['cell'];
  if (cell !== undefined && setup.cells) return setup.cells.includes(cell);
  return tags['notebook'] === (setup.notebook === undefined ? 'notebook' : basename(setup.notebook));
}

function folderOf({ uri }: vscode.NotebookDocument): string {
  const own = uri.scheme === 'file' ? vscode.workspace.getWorkspaceFolder(uri)?.uri.fsPath : undefined;
  const folder =
    own ?? (uri.scheme === 'file' ? dirname(uri.fsPath) : vscode.workspace.workspaceFolders?.[0]?.uri.fsPath);
  if (folder === undefined)
    throw userError(
      'invalid',
      vscode.l10n.t('Open a folder or save the notebook first, so that its runs have a place.'),
    );
  return folder;
}

function nameOf({ uri }: vscode.NotebookDocument): string {
  return basename(uri.path);
}

function cancellable<T>(title: string, work: (token: vscode.CancellationToken) => Promise<T>): Thenable<T> {
  const location = vscode.ProgressLocation.Notification;
  return vscode.window.withProgress({ location, title, cancellable: true }, (_, token) => work(token));
}
