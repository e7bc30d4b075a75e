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
    if ((await isFile(path)) && !(await isClient(dirname(path)))) return path;
  }
  return null;
}

/** This client, also one of an earlier version, whose modules were all in one folder. */
async function isClient(folder: string): Promise<boolean> {
  return (await isFile(join(folder, 'core/outlet.py'))) || (await isFile(join(folder, 'outlet.py')));
}

function isFile(path: string): Promise<boolean> {
  return fs.stat(path).then(
    (stat) => stat.isFile(),
    () => false,
  );
}
