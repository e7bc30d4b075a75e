import * as vscode from 'vscode';
import { expandPath } from '../window/settingPath';
import { setting } from '../window/settings';

const PYTHON_EXTENSION = 'ms-python.python';

/** The part of the Python extension's API that is used here. */
interface PythonApi {
  environments: {
    known?: readonly { path: string; executable: { uri?: vscode.Uri | undefined } }[];
    getActiveEnvironmentPath(resource?: vscode.Uri): { path: string };
    resolveEnvironment(path: { path: string } | string): Promise<{ executable: { uri?: vscode.Uri } } | undefined>;
  };
}

/** Where the interpreter was chosen. */
type Origin = 'setting' | 'extension' | 'path';

export interface Interpreter {
  /** A path or the name of a command. */
  path: string;
  origin: Origin;
}

/** The interpreter from the setting, else the one selected in the Python extension, else python3 on the PATH. */
export async function findInterpreter(
  script: vscode.Uri | undefined,
  folder: string,
  log: vscode.LogOutputChannel,
): Promise<Interpreter> {
  const chosen = setting('interpreter', script ?? (folder ? vscode.Uri.file(folder) : undefined));
  if (chosen) return { path: expandPath(chosen, folder), origin: 'setting' };
  const active = await fromPythonExtension(script, log);
  return active ? { path: active, origin: 'extension' } : { path: 'python3', origin: 'path' };
}

/** All interpreters that the Python extension knows. */
export async function knownInterpreters(): Promise<string[]> {
  const extension = vscode.extensions.getExtension<PythonApi>(PYTHON_EXTENSION);
  const known = extension ? (await extension.activate()).environments.known : undefined;
  return (known ?? []).map(({ path, executable }) => executable.uri?.fsPath ?? path);
}

async function fromPythonExtension(
  script: vscode.Uri | undefined,
  log: vscode.LogOutputChannel,
): Promise<string | null> {
  const extension = vscode.extensions.getExtension<PythonApi>(PYTHON_EXTENSION);
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
