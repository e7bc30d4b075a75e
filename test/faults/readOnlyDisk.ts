/**
 * A directory that nobody may write to: on a disk that is mounted so where we may mount one, else by its permissions; those
 * mean nothing to root, whose collector is somebody else then.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { temporaryFolder } from '../integration/collector/harness';

export interface ReadOnlyDisk {
  dir: string;
  /** Who a collector has to be there; nobody in particular where it is undefined. */
  user: { uid: number; gid: number } | undefined;
  dispose(): void;
}

const NOBODY = 65_534;

/** With what is in `from`, for a collector of that bundle and runtime directory. */
export function readOnly(from: string, bundle: string, runtime: string): ReadOnlyDisk {
  const folder = temporaryFolder();
  const dir = join(folder, '.xtrack');
  const isMounted = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', folder]).status === 0;
  cpSync(from, dir, { recursive: true });
  if (isMounted) {
    if (spawnSync('mount', ['-o', 'remount,ro', folder]).status !== 0) throw new Error(`cannot remount ${folder}`);
    return { dir, user: undefined, dispose: () => void spawnSync('umount', ['-l', folder]) };
  }
  const all = [dir, ...(readdirSync(dir, { recursive: true }) as string[]).map((name) => join(dir, name))];
  for (const path of all) chmodSync(path, 0o555);
  const dispose = () => all.forEach((path) => chmodSync(path, 0o755));
  if (process.getuid?.() !== 0) return { dir, user: undefined, dispose };
  for (const path of [folder, dirname(bundle)]) chmodSync(path, 0o755);
  chownSync(runtime, NOBODY, NOBODY);
  return { dir, user: { uid: NOBODY, gid: NOBODY }, dispose };
}
