import * as vscode from 'vscode';
import { basename } from 'node:path';
import { userError } from '../../protocol/apiError';
import { CellFailure } from './jupyterKernels';

const INTERACTIVE = 'interactive';
const INPUT_SCHEME = 'vscode-interactive-input';
/** How long to wait for a kernel after the execute command has returned. */
const BEGINS_MS = 10_000;
const POLL_MS = 100;
const ERROR = 'application/vnd.code.notebook.error';

/** Where code is executed: a cell of a notebook, or the input of an interactive window. */
export interface CellPlace {
  notebook: vscode.NotebookDocument;
  code: string;
  /** Null for the interactive window, where each execution creates a cell. */
  cell: vscode.NotebookCell | null;
}

/**
 * `cell`: as a button on it has it, or its address, as a lens has it; else what is typed into the interactive window
 * that is shown, or the cell that is selected.
 */
export function findCell(cell: unknown): CellPlace {
  const uri = typeof cell === 'string' ? vscode.Uri.parse(cell, true) : cell instanceof vscode.Uri ? cell : null;
  const typed =
    uri === null && !isCell(cell) ? typedInput() : uri?.scheme === INPUT_SCHEME ? openInput(uri) : undefined;
  if (typed) return typed;
  const found = isCell(cell) ? cell : uri ? cellAt(uri) : selectedCell();
  if (!found) throw userError('not_found', vscode.l10n.t('Select the cell to track first.'));
  const interactive = found.notebook.notebookType === INTERACTIVE;
  return { notebook: found.notebook, code: found.document.getText(), cell: interactive ? null : found };
}

function isCell(value: unknown): value is vscode.NotebookCell {
  return typeof value === 'object' && value !== null && 'notebook' in value && 'document' in value;
}

function openInput(uri: vscode.Uri): CellPlace | undefined {
  const input = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
  const notebook = input && notebookOfInput(uri);
  return notebook && { notebook, code: input.getText(), cell: null };
}

function typedInput(): CellPlace | undefined {
  const notebook = vscode.window.activeNotebookEditor?.notebook;
  if (notebook?.notebookType !== INTERACTIVE) return undefined;
  const code = inputOf(notebook).getText();
  return code.trim() === '' ? undefined : { notebook, code, cell: null };
}

function cellAt(uri: vscode.Uri): vscode.NotebookCell | undefined {
  for (const notebook of vscode.workspace.notebookDocuments) {
    const found = notebook.getCells().find((cell) => cell.document.uri.toString() === uri.toString());
    if (found) return found;
  }
  return undefined;
}

function selectedCell(): vscode.NotebookCell | undefined {
  const editor = vscode.window.activeNotebookEditor;
  const index = editor?.selection.start;
  return index !== undefined && index < editor!.notebook.cellCount ? editor!.notebook.cellAt(index) : undefined;
}

/** The input and its window share a number: `/InteractiveInput-1` and `/Interactive-1.interactive`. */
function notebookOfInput(input: vscode.Uri): vscode.NotebookDocument | undefined {
  const number = /\d+$/.exec(input.path)?.[0];
  const windows = vscode.workspace.notebookDocuments.filter(({ notebookType }) => notebookType === INTERACTIVE);
  const numbered = windows.find(({ uri }) => /-(\d+)\.interactive$/.exec(uri.path)?.[1] === number);
  return numbered ?? (windows.length === 1 ? windows[0] : undefined);
}

function inputOf(notebook: vscode.NotebookDocument): vscode.TextDocument {
  const input = vscode.workspace.textDocuments.find(
    ({ uri }) => uri.scheme === INPUT_SCHEME && notebookOfInput(uri) === notebook,
  );
  if (!input) throw userError('not_found', vscode.l10n.t('{0} has no input cell.', basename(notebook.uri.path)));
  return input;
}

/** Runs the cells above in order; throws the error of one that fails. False if canceled. */
export async function executeAbove(cell: vscode.NotebookCell, token: vscode.CancellationToken): Promise<boolean> {
  const { notebook, index } = cell;
  const above = codeCellsAbove(cell).map((each) => ({ cell: each, before: each.executionSummary }));
  const command = executeRange(notebook, 0, index);
  for (const { cell: each, before } of above) {
    if (!(await untilExecuted({ cellOf: () => each, before, command, token }))) return false;
  }
  return true;
}

export function codeCellsAbove({ notebook, index }: vscode.NotebookCell): vscode.NotebookCell[] {
  const code = ({ kind, document }: vscode.NotebookCell): boolean =>
    kind === vscode.NotebookCellKind.Code && document.getText().trim() !== '';
  return notebook.getCells(new vscode.NotebookRange(0, index)).filter(code);
}

export async function execute({ notebook, cell, code }: CellPlace): Promise<void> {
  if (cell) await executeCell(cell);
  else await executeInput(notebook, code);
}

/**
 * Executes code that is not the user's where the user's will be: in a cell that is gone afterwards, or, in the
 * interactive window, in one that stays in its history. False when no kernel was chosen or the wait was cancelled.
 */
export async function executeApart(place: CellPlace, code: string, token: vscode.CancellationToken): Promise<boolean> {
  const { notebook, cell } = place;
  if (!cell) {
    const before = notebook.cellCount;
    const command = executeInput(notebook, code);
    const executed = await untilExecuted({ cellOf: () => notebook.getCells()[before], command, token });
    // Put what was typed aside.
    if (!executed) await type(inputOf(notebook), place.code);
    return executed;
  }
  const setup = await insertCell(cell, code);
  try {
    return await untilExecuted({ cellOf: () => setup, command: executeCell(setup), token });
  } finally {
    await removeCell(setup);
  }
}

/** Inserts a cell above, and leaves it there. */
export async function insertCell(above: vscode.NotebookCell, code: string): Promise<vscode.NotebookCell> {
  const { notebook, index } = above;
  const data = new vscode.NotebookCellData(vscode.NotebookCellKind.Code, code, 'python');
  if (!(await edit(notebook, vscode.NotebookEdit.insertCells(index, [data]))))
    throw userError('io', vscode.l10n.t('{0} is read-only.', basename(notebook.uri.path)));
  return notebook.cellAt(index);
}

async function removeCell(cell: vscode.NotebookCell): Promise<void> {
  const { notebook, index } = cell;
  // The user may have removed it, or closed the notebook.
  if (notebook.isClosed || index < 0 || notebook.getCells()[index] !== cell) return;
  await edit(notebook, vscode.NotebookEdit.deleteCells(new vscode.NotebookRange(index, index + 1)));
}

function edit(notebook: vscode.NotebookDocument, change: vscode.NotebookEdit): Thenable<boolean> {
  const edits = new vscode.WorkspaceEdit();
  edits.set(notebook.uri, [change]);
  return vscode.workspace.applyEdit(edits);
}

function executeCell({ notebook, index }: vscode.NotebookCell): Promise<void> {
  return executeRange(notebook, index, index + 1);
}

async function executeRange(notebook: vscode.NotebookDocument, start: number, end: number): Promise<void> {
  const ranges = [{ start, end }];
  await vscode.commands.executeCommand('notebook.cell.execute', { ranges, document: notebook.uri });
}

async function executeInput(notebook: vscode.NotebookDocument, code: string): Promise<void> {
  await type(inputOf(notebook), code);
  await vscode.commands.executeCommand('interactive.execute', notebook.uri);
}

async function type(input: vscode.TextDocument, text: string): Promise<void> {
  if (input.getText() === text) return;
  const edits = new vscode.WorkspaceEdit();
  edits.replace(input.uri, new vscode.Range(0, 0, input.lineCount, 0), text);
  await vscode.workspace.applyEdit(edits);
}

interface Execution {
  cellOf: () => vscode.NotebookCell | undefined;
  /** The state of an earlier execution. */
  before?: vscode.NotebookCellExecutionSummary | undefined;
  command: Promise<void>;
  token: vscode.CancellationToken;
}

/** Throws the cell's error if it failed. */
async function untilExecuted({ cellOf, before, command, token }: Execution): Promise<boolean> {
  let deadline = Number.POSITIVE_INFINITY;
  const returned = (): void => void (deadline = Date.now() + BEGINS_MS);
  command.then(returned, returned);
  while (!token.isCancellationRequested) {
    const cell = cellOf();
    const summary = cell?.executionSummary === before ? undefined : cell?.executionSummary;
    if (cell && summary?.success !== undefined) {
      if (!summary.success) throw new CellFailure(errorOf(cell));
      return true;
    }
    const begun = summary?.executionOrder !== undefined || summary?.timing !== undefined;
    if (!begun && Date.now() > deadline) break;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return false;
}

function errorOf(cell: vscode.NotebookCell): string {
  const items = cell.outputs.flatMap((output) => output.items);
  const error = items.find(({ mime }) => mime === ERROR);
  return error ? new TextDecoder().decode(error.data) : vscode.l10n.t('no error message');
}
