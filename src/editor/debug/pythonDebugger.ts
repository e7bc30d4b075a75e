import * as vscode from 'vscode';
import { access } from 'node:fs/promises';
import { join } from 'node:path';

/** The debugger that attaches to a script waiting in debugpy. */
export interface PythonDebugger {
  /** The type of debug configurations: `debugpy`, or `python` in older versions. */
  type: string;
  /** debugpy's folder. */
  path: string;
}

const TYPES = ['debugpy', 'python'];
/** The bundled debugger's folder, for versions of the extension that do not expose it. */
const BUNDLED = ['bundled/libs/debugpy', 'python_files/lib/python/debugpy', 'pythonFiles/lib/python/debugpy'];

interface DebuggerApi {
  debug?: { getDebuggerPackagePath?(): Promise<string | undefined> };
}
interface Manifest {
  contributes?: { debuggers?: { type?: string }[] };
}

/** The debugger of the installed Python debugging extension; null if there is none. */
export async function findPythonDebugger(log: vscode.LogOutputChannel): Promise<PythonDebugger | null> {
  for (const type of TYPES) {
    const extension = vscode.extensions.all.find(({ packageJSON }) =>
      (packageJSON as Manifest).contributes?.debuggers?.some((each) => each.type === type),
    );
    const path = extension && (await packagePath(extension, log));
    if (path) return { type, path };
  }
  return null;
}

async function packagePath(extension: vscode.Extension<unknown>, log: vscode.LogOutputChannel): Promise<string | null> {
  try {
    const api = (await extension.activate()) as DebuggerApi | undefined;
    const bundled = await api?.debug?.getDebuggerPackagePath?.();
    if (bundled) return bundled;
  } catch (error) {
    log.warn(`${extension.id} did not tell where its debugger is: ${String(error)}`);
  }
  for (const folder of BUNDLED) {
    const path = join(extension.extensionPath, folder);
    if (await exists(path)) return path;
  }
  return null;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
