/**
 * Identifies a process. The system reuses pids, so a process is taken to be alive only if host, boot, pid namespace and
 * start time match and it is not a zombie. Python computes the same strings.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, uptime } from 'node:os';
import type { Proc } from '../../protocol/events';

interface Stat {
  state: string;
  pgid: number;
  start: string;
}

/** 'elsewhere': the process cannot be observed from here. */
export type Liveness = 'alive' | 'gone' | 'elsewhere';

export interface Here {
  host: string;
  boot: string;
  pidns: string | null;
}

let here: Here | null = null;

export function thisHost(): Here {
  here ??= { host: hostname(), boot: readOr('/proc/sys/kernel/random/boot_id', '').trim(), pidns: pidNamespace() };
  return here;
}

/** When this machine started, epoch ms. */
export function bootedAtMs(): number {
  return Date.now() - uptime() * 1000;
}

export function thisProcess(): Proc {
  return { ...thisHost(), pid: process.pid, start: processStat(process.pid)?.start ?? '' };
}

export function liveness(proc: Proc): Liveness {
  const { host, boot, pidns } = thisHost();
  if (proc.host !== host || proc.pid <= 0) return 'elsewhere';
  if (proc.boot !== boot) return 'gone';
  if (proc.pidns !== pidns) return 'elsewhere';
  const stat = processStat(proc.pid);
  return stat !== null && stat.start === proc.start && stat.state !== 'Z' && stat.state !== 'X' ? 'alive' : 'gone';
}

/** The process group of a process; null if the process is gone. */
export function groupOf(pid: number): number | null {
  return processStat(pid)?.pgid ?? null;
}

function processStat(pid: number): Stat | null {
  if (process.platform === 'linux') {
    const text = readOr(`/proc/${pid}/stat`, '');
    // The second field is the command in parentheses and may hold anything.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields.length > 19 ? { state: fields[0]!, pgid: Number(fields[2]), start: fields[19]! } : null;
  }
  try {
    const text = execFileSync('ps', ['-o', 'state=,pgid=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    const [, state, pgid, start] = /^(\S)\S*\s+(\d+)\s+(.*)$/.exec(text) ?? [];
    return state && pgid && start ? { state, pgid: Number(pgid), start: start.trim() } : null;
  } catch {
    return null;
  }
}

function pidNamespace(): string | null {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return null;
  }
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}
