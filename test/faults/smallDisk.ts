/** A disk that gets full: a small tmpfs where we may mount one, else a limit on how long the files of processes may get. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface SmallDisk {
  readonly kind: string;
  /** Nothing more fits. */
  fill(pids: readonly number[]): void;
  free(pids: readonly number[]): void;
  dispose(): void;
}

export function smallDisk(folder: string, megabytes: number): SmallDisk {
  mkdirSync(folder, { recursive: true });
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  return mounted.status === 0 ? tmpfs(folder, megabytes) : limitedFiles();
}

function tmpfs(folder: string, megabytes: number): SmallDisk {
  const filler = join(folder, 'filler');
  return {
    kind: 'tmpfs',
    fill: () => {
      try {
        for (let block = 0; block < megabytes * 1024; block++) writeFileSync(filler, Buffer.alloc(1024), { flag: 'a' });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    free: () => rmSync(filler),
    dispose: () => void spawnSync('umount', ['-l', folder]),
  };
}

function limitedFiles(): SmallDisk {
  const limit = (pids: readonly number[], bytes: string) => {
    for (const pid of pids) execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`]);
  };
  return {
    kind: 'limited files',
    fill: (pids) => limit(pids, '100'),
    free: (pids) => limit(pids, 'unlimited'),
    dispose: () => undefined,
  };
}
