import * as fs from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { LaunchRequest } from '../../protocol/api';

/**
 * Another package of our name where Python looks before everywhere else: beside the script, or, for a module and what a
 * command starts, in the folder that it runs in.
 */
export async function packageBeside({ target, cwd }: Pick<LaunchRequest, 'target' | 'cwd'>): Promise<string | null> {
  const folder = 'script' in target ? dirname(resolve(cwd, target.script)) : cwd;
  for (const name of ['xtrack.py', join('xtrack', '__init__.py')]) {
    const path = join(folder, name);
    const ours = await isFile(join(dirname(path), 'outlet.py'));
    if (!ours && (await isFile(path))) return path;
  }
  return null;
}

function isFile(path: string): Promise<boolean> {
  return fs.stat(path).then(
    (stat) => stat.isFile(),
    () => false,
  );
}
