import * as vscode from 'vscode';
import { expandPath } from '../directory';
import { setting } from '../settings';

/** Of the Python extension's API, what is asked for here. */
interface PythonApi {
  environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    resolveEnvironment(path: { path: string } | string): Promise<{ executable: { uri?: vscode.Uri } } | undefined>;
  };
}

/** The setting, else what is chosen in the Python extension, else python3 from the PATH. */
export async function findInterpreter(
  script: vscode.Uri,
  folder: string,
  log: vscode.LogOutputChannel,
): Promise<string> {
  const chosen = setting('interpreter', script);
  if (chosen) return expandPath(chosen, folder);
  return (await fromPythonExtension(script, log)) ?? 'python3';
}

async function fromPythonExtension(script: vscode.Uri, log: vscode.LogOutputChannel): Promise<string | null> {
  const extension = vscode.extensions.getExtension<PythonApi>('ms-python.python');
  if (!extension) return null;
  try {
    const { environments } = await extension.activate();
    const active = environments.getActiveEnvironmentPath(script);
    const resolved = await environments.resolveEnvironment(active);
    return resolved?.executable.uri?.fsPath ?? active.path;
  } catch (error) {
    log.warn(`The Python extension did not tell its interpreter: ${String(error)}`);
    return null;
  }
}
