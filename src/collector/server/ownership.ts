/** Opens an `.xtrack` directory as its owner or as a follower, or not at all if this user's collector is already running. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import type { Discovery } from '../../protocol/discovery';
import type { DiscoveryFile } from './discoveryFile';
import { Lease, type LeaseHolder } from '../files/lease';
import { thisHost } from '../files/processIdentity';

export type Ownership =
  { kind: 'owner'; lease: Lease } | { kind: 'follower'; reason: string } | { kind: 'existing'; discovery: Discovery };

const OTHER_STARTS_WITHIN_MS = 10_000;
const POLL_MS = 100;
const HEALTH_TIMEOUT_MS = 2_000;

/** Prepares the directory; returns the reason if that fails, else null. An existing directory that is not writable fails at the lease. */
export function prepareDirectory(dir: string): string | null {
  try {
    mkdirSync(join(dir, 'runs'), { recursive: true, mode: 0o700 });
    ignoreInGit(join(dir, '.gitignore'));
    return null;
  } catch (error) {
    return `${dir} cannot be made (${codeOf(error)}). Make its parent folder writable, or choose another place (XTRACK_DIR, or the setting xtrack.directory).`;
  }
}

export async function takeDirectory(dir: string, discoveryFile: DiscoveryFile): Promise<Ownership> {
  const deadline = Date.now() + OTHER_STARTS_WITHIN_MS;
  for (;;) {
    let acquired;
    try {
      acquired = Lease.acquire(dir);
    } catch (error) {
      return follow(notWritable(dir, error), discoveryFile);
    }
    if (acquired.kind === 'owner') return acquired;
    if (acquired.kind === 'elsewhere') return follow(ownedElsewhere(dir, acquired.holder), discoveryFile);
    // The other collector may be about to write its discovery file, or about to end.
    const discovery = discoveryFile.read();
    if (discovery?.pid === acquired.holder.pid && (await answers(discovery))) return { kind: 'existing', discovery };
    if (Date.now() > deadline) return follow(ownedByAnother(dir, acquired.holder), discoveryFile);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** A follower needs no lease, but one follower for each user and host is enough. */
async function follow(reason: string, discoveryFile: DiscoveryFile): Promise<Ownership> {
  const discovery = discoveryFile.read();
  if (discovery && (await answers(discovery))) return { kind: 'existing', discovery };
  return { kind: 'follower', reason };
}

function answers({ port, token }: Discovery): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(
      { host: '127.0.0.1', port, path: '/health', headers: { authorization: `Bearer ${token}` } },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.setTimeout(HEALTH_TIMEOUT_MS, () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

function ignoreInGit(path: string): void {
  try {
    writeFileSync(path, '*\n', { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function notWritable(dir: string, error: unknown): string {
  return `${dir} cannot be written (${codeOf(error)}), so runs are only shown; nothing can be saved or launched. Make it writable and start again.`;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}

function ownedElsewhere(dir: string, holder: LeaseHolder): string {
  if (holder.host === thisHost().host)
    return `A collector in another container of this host (process ${holder.pid}) serves ${dir}; here, runs are only shown. If it is gone, delete ${dir}/lease.`;
  return `Host ${holder.host} serves ${dir}; here, runs are only shown: launch and stop them there. If its collector is gone, delete ${dir}/lease.`;
}

function ownedByAnother(dir: string, holder: LeaseHolder): string {
  return `Another collector on this host (process ${holder.pid}) serves ${dir} and does not answer this user; here, runs are only shown.`;
}
