/**
 * The lease says which collector may write databases under an `.xtrack` directory. The file is created atomically (temporary
 * file + link, which fails if it exists) and taken over only if its owner is provably dead.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Proc } from '../../protocol/events';
import { readRegularFile } from './safeFile';
import { liveness, thisProcess } from './processIdentity';

const MAX_BYTES = 1 << 16;

export interface LeaseHolder extends Proc {
  nonce: string;
}

export type Acquired =
  | { kind: 'owner'; lease: Lease }
  /** Another live collector on this host holds the lease. */
  | { kind: 'taken'; holder: LeaseHolder }
  /** The holder is on another host, or is a process that cannot be observed from here. */
  | { kind: 'elsewhere'; holder: LeaseHolder };

export class Lease {
  private constructor(
    readonly path: string,
    readonly nonce: string,
  ) {}

  /** Throws the error of the file system if the directory cannot be written. */
  static acquire(dir: string, self: Proc = thisProcess()): Acquired {
    const path = join(dir, 'lease');
    const mine: LeaseHolder = { ...self, nonce: randomBytes(12).toString('hex') };
    const temp = `${path}.${mine.nonce}.tmp`;
    writeWhole(temp, JSON.stringify(mine));
    try {
      for (;;) {
        if (linked(temp, path)) return { kind: 'owner', lease: new Lease(path, mine.nonce) };
        const holder = readHolder(path);
        if (holder === 'none') continue;
        if (holder !== 'damaged') {
          const state = liveness(holder);
          if (state === 'alive') return { kind: 'taken', holder };
          if (state === 'elsewhere') return { kind: 'elsewhere', holder };
        }
        removeDead(path, holder === 'damaged' ? null : holder.nonce, mine.nonce);
      }
    } finally {
      rmSync(temp, { force: true });
    }
  }

  isOurs(): boolean {
    return leaseHasNonce(this.path, this.nonce);
  }

  release(): void {
    if (this.isOurs()) rmSync(this.path, { force: true });
  }
}

/** Called by a save right before it replaces its file. */
export function leaseHasNonce(path: string, nonce: string): boolean {
  const holder = readHolder(path);
  return typeof holder === 'object' && holder.nonce === nonce;
}

/** A damaged lease has no owner, because every owner checks for its own nonce before it saves. */
function readHolder(path: string): LeaseHolder | 'none' | 'damaged' {
  let text: string;
  try {
    text = readRegularFile(path, MAX_BYTES).toString();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return 'none';
    // A link, a pipe or a huge file was not made by a collector.
    if (code === undefined || code === 'ELOOP') return 'damaged';
    throw error;
  }
  try {
    const value = JSON.parse(text) as Partial<LeaseHolder>;
    if (typeof value.host !== 'string' || typeof value.pid !== 'number' || typeof value.nonce !== 'string')
      return 'damaged';
    return {
      host: value.host,
      boot: value.boot ?? '',
      pidns: value.pidns ?? null,
      pid: value.pid,
      start: value.start ?? '',
      nonce: value.nonce,
    };
  } catch {
    return 'damaged';
  }
}

/** Two collectors may find the same dead owner, so the renamed file is read again and restored if it is a new lease. */
function removeDead(path: string, nonce: string | null, tag: string): void {
  const aside = `${path}.${tag}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = readHolder(aside);
  const isDead = typeof moved === 'object' ? moved.nonce === nonce : nonce === null;
  if (!isDead) linked(aside, path);
  rmSync(aside, { force: true, recursive: true });
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function writeWhole(path: string, text: string): void {
  const fd = openSync(path, 'wx', 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
