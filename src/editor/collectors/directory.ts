/** Which `.xtrack` directory a folder's runs are in. The Python client resolves it by the same rule. */
import * as fs from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expandPath } from '../window/settingPath';

export interface DirectoryChoice {
  folder: string;
  /** Value of the setting `xtrack.directory`, '' when unset. */
  setting: string;
  env: NodeJS.ProcessEnv;
}

/** `XTRACK_DIR`, else the setting, else the nearest `.xtrack/` upwards (not above home), else the git root's, else the folder's. */
export async function resolveDirectory({ folder, setting, env }: DirectoryChoice): Promise<string> {
  if (env['XTRACK_DIR']) return resolve(folder, env['XTRACK_DIR']);
  if (setting) return resolve(folder, expandPath(setting, folder, env));
  const home = resolve(env['HOME'] || homedir());
  return join(
    (await nearest(folder, home, '.xtrack', (stat) => stat.isDirectory())) ??
      (await nearest(folder, home, '.git', () => true)) ??
      resolve(folder),
    '.xtrack',
  );
}

/** The real path of a directory. If it does not exist yet, its parent is resolved. */
export async function realDirectory(dir: string): Promise<string> {
  try {
    return await fs.realpath(dir);
  } catch {
    const parent = dirname(dir);
    return parent === dir ? dir : join(await realDirectory(parent), dir.slice(parent.length));
  }
}

type Stat = Awaited<ReturnType<typeof fs.stat>>;

async function nearest(
  from: string,
  home: string,
  name: string,
  accepts: (stat: Stat) => boolean,
): Promise<string | null> {
  for (let at = resolve(from); ; at = dirname(at)) {
    const stat = await fs.stat(join(at, name)).catch(() => null);
    if (stat && accepts(stat)) return at;
    if (at === home || dirname(at) === at) return null;
  }
}
