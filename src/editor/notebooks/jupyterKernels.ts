import * as vscode from 'vscode';
import { userError } from '../../protocol/apiError';

/** Of the Jupyter extension's API, what is asked for here. */
interface JupyterApi {
  kernels?: { getKernel(uri: vscode.Uri): Thenable<JupyterKernel | undefined> };
}
interface Output {
  items: { mime: string; data: Uint8Array }[];
}
export interface JupyterKernel {
  readonly language: string;
  readonly onDidChangeStatus: vscode.Event<string>;
  /** Apart from the notebook: no cell, no number, no history. */
  executeCode(code: string, token: vscode.CancellationToken): AsyncIterable<Output>;
}

const ERROR = 'application/vnd.code.notebook.error';

/**
 * The kernel of a notebook, where the Jupyter extension lets others use it: not before the user has executed something
 * in it. Null where there is none, or another extension runs the notebook.
 */
export async function jupyterKernel(notebook: vscode.Uri, log: vscode.LogOutputChannel): Promise<JupyterKernel | null> {
  const extension = vscode.extensions.getExtension<JupyterApi>('ms-toolsai.jupyter');
  if (!extension) return null;
  try {
    const api = await extension.activate();
    return (await api.kernels?.getKernel(notebook)) ?? null;
  } catch (error) {
    log.warn(`The Jupyter extension did not give the kernel of ${notebook.toString()}: ${String(error)}`);
    return null;
  }
}

export async function executeSilently(kernel: JupyterKernel, code: string): Promise<void> {
  const source = new vscode.CancellationTokenSource();
  try {
    for await (const { items } of kernel.executeCode(code, source.token)) {
      const error = items.find(({ mime }) => mime === ERROR);
      if (error) throw setupFailure(new TextDecoder().decode(error.data));
    }
  } finally {
    source.dispose();
  }
}

/** `output` is an error as notebooks have it: JSON with name, message and stack. */
export function setupFailure(output: string): Error {
  let said = output;
  try {
    const { name = 'Error', message = '' } = JSON.parse(output) as { name?: string; message?: string };
    said = `${name}: ${message}`;
  } catch {
    // Shown as it is.
  }
  return userError(
    'unavailable',
    vscode.l10n.t(
      'This kernel could not be set up for tracking ({0}). If it runs on another machine or in a container, install the client there.',
      said,
    ),
  );
}
