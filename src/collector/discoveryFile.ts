/** Tells clients on this host where the collector of an `.xtrack` directory listens: outside the workspace, for this user alone. */
import { createHash } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, lstatSync, mkdirSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { renameSync, rmSync, writeSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import type { Discovery } from '../protocol/discovery';

/** A Unix socket's path has room for this, and a zero byte. */
const MAX_SOCKET_PATH = process.platform === 'linux' ? 107 : 103;

export class DiscoveryFile {
  private readonly folder: string;
  private readonly file: string;

  /** `dir` is the `.xtrack` directory. */
  constructor(dir: string, env: NodeJS.ProcessEnv = process.env) {
    this.folder = join(discoveryBase(env), 'xtrack', createHash('sha256').update(realpathSync(dir)).digest('hex'));
    this.file = join(this.folder, 'collector.json');
  }

  /** Null where the path would be too long, or the system has no Unix sockets in the file system. */
  get socketPath(): string | null {
    const path = join(this.folder, 'collector.sock');
    return process.platform === 'win32' || Buffer.byteLength(path) > MAX_SOCKET_PATH ? null : path;
  }

  /** Makes the folder, ours alone. Throws where somebody else owns it. */
  prepare(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const stat = lstatSync(this.folder);
    if (!stat.isDirectory()) throw new Error(`${this.folder} is no directory`);
    const uid = process.getuid?.();
    if (uid !== undefined && stat.uid !== uid) throw new Error(`${this.folder} belongs to another user`);
    if ((stat.mode & 0o077) !== 0) chmodSync(this.folder, 0o700);
  }

  read(): Discovery | null {
    try {
      const value = JSON.parse(readFileSync(this.file, 'utf8')) as Partial<Discovery>;
      return typeof value.port === 'number' && typeof value.token === 'string' ? (value as Discovery) : null;
    } catch {
      return null;
    }
  }

  write(discovery: Discovery): void {
    const temp = `${this.file}.${process.pid}.tmp`;
    rmSync(temp, { force: true });
    const fd = openSync(temp, 'wx', 0o600);
    try {
      writeSync(fd, JSON.stringify(discovery));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temp, this.file);
  }

  /** At exit; a newer collector's file stays. */
  remove(token: string): void {
    if (this.read()?.token === token) rmSync(this.file, { force: true });
  }
}

function discoveryBase(env: NodeJS.ProcessEnv): string {
  const runtime = env['XDG_RUNTIME_DIR'];
  if (runtime) return runtime;
  const cache = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  return join(cache, `host-${hostname()}`);
}
