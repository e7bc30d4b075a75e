/** Finds a running collector by the file that it leaves outside the workspace. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import type { Discovery } from '../../protocol/discovery';

export async function discover(dir: string, env: NodeJS.ProcessEnv): Promise<Discovery | null> {
  try {
    const real = await fs.realpath(dir);
    const file = join(discoveryBase(env), 'xtrack', createHash('sha256').update(real).digest('hex'), 'collector.json');
    const found = JSON.parse(await fs.readFile(file, 'utf8')) as Partial<Discovery>;
    return typeof found.port === 'number' && typeof found.token === 'string' ? (found as Discovery) : null;
  } catch {
    // Missing, half written or unreadable: treated as none. Starting one then reports what is wrong.
    return null;
  }
}

function discoveryBase(env: NodeJS.ProcessEnv): string {
  if (env['XDG_RUNTIME_DIR']) return env['XDG_RUNTIME_DIR'];
  return join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), `host-${hostname()}`);
}
