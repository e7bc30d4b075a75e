import * as vscode from 'vscode';

/** The part of the Jupyter extension's API that is used here. */
interface JupyterApi {
  kernels?: { getKernel(uri: vscode.Uri): Thenable<JupyterKernel | undefined> };
}
interface Output {
  items: { mime: string; data: Uint8Array }[];
}
export interface JupyterKernel {
  readonly language: string;
  readonly onDidChangeStatus: vscode.Event<string>;
  /** Executes outside the notebook: without a cell, an execution number or history. */
  executeCode(code: string, token: vscode.CancellationToken): AsyncIterable<Output>;
}

const ERROR = 'application/vnd.code.notebook.error';

/**
 * The kernel of a notebook, which the Jupyter extension exposes only after the user has executed something in it.
 * Null if there is none, or if another extension runs the notebook.
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
      if (error) throw new CellFailure(new TextDecoder().decode(error.data));
    }
  } finally {
    source.dispose();
  }
}

/** The error of code that failed in a kernel. */
export class CellFailure extends Error {
  /** `output` is an error as notebooks have it: JSON with name, message and stack. */
  constructor(output: string) {
    super(errorText(output));
  }
}

function errorText(output: string): string {
  try {
    const { name = 'Error', message = '' } = JSON.parse(output) as { name?: string; message?: string };
    return `${name}: ${message}`;
  } catch {
    return output;
  }
}
