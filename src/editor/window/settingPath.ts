import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** Expands `~` and `${workspaceFolder}` in a path from the settings. */
export function expandPath(path: string, folder: string, env: NodeJS.ProcessEnv = process.env): string {
  const expanded = path.replaceAll('${workspaceFolder}', () => folder);
  if (expanded === '~' || /^~[\\/]/.test(expanded)) return join(env['HOME'] || homedir(), expanded.slice(1));
  return isAbsolute(expanded) || !/[\\/]/.test(expanded) ? expanded : resolve(folder, expanded);
}
