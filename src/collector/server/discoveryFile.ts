/** Tells clients on this host where the collector of an `.xtrack` directory listens: outside the workspace, for this user alone. */
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, lstatSync, mkdirSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { renameSync, rmSync, writeSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import type { Discovery } from '../../protocol/discovery';

/** A Unix socket's path has room for this, and a zero byte. */
const MAX_SOCKET_PATH = process.platform === 'linux' ? 107 : 103;

export class DiscoveryFile {
  /** Of the directory, for this user alone; outside the workspace. */
  readonly folder: string;
  private readonly file: string;
  private readonly tokenFile: string;
  private readonly portFile: string;

  /** `dir` is the `.xtrack` directory. */
  constructor(dir: string, env: NodeJS.ProcessEnv = process.env) {
    this.folder = join(discoveryBase(env), 'xtrack', createHash('sha256').update(realpathSync(dir)).digest('hex'));
    this.file = join(this.folder, 'collector.json');
    this.tokenFile = join(this.folder, 'token');
    this.portFile = join(this.folder, 'port');
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

  /**
   * The same over restarts: a script on another machine that was given it gets in again after this collector was killed.
   * Where the folder is of no use, a token of this process alone.
   */
  token(): string {
    try {
      this.prepare();
      const known = readToken(this.tokenFile);
      if (known !== null) return known;
      const token = randomBytes(32).toString('hex');
      writePrivate(this.tokenFile, token);
      return token;
    } catch {
      // What is wrong with the folder is told when the collector announces itself there.
      return randomBytes(32).toString('hex');
    }
  }

  /** On which an earlier collector listened; 0 where that is not known. */
  lastPort(): number {
    try {
      const port = Number(readFileSync(this.portFile, 'utf8'));
      return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
    } catch {
      return 0;
    }
  }

  write(discovery: Discovery): void {
    writePrivate(this.file, JSON.stringify(discovery));
    writePrivate(this.portFile, String(discovery.port));
  }

  /** At exit; a newer collector's file stays. */
  remove(pid: number): void {
    if (this.read()?.pid === pid) rmSync(this.file, { force: true });
  }
}

/** Null where there is none yet, or none of ours. */
function readToken(file: string): string | null {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile() || (process.platform !== 'win32' && (stat.mode & 0o077) !== 0)) return null;
  const token = readFileSync(file, 'utf8').trim();
  return /^[0-9a-f]{64}$/.test(token) ? token : null;
}

/** Whole or not at all, and for this user alone. */
function writePrivate(file: string, text: string): void {
  const temp = `${file}.${process.pid}.tmp`;
  rmSync(temp, { force: true });
  const fd = openSync(temp, 'wx', 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temp, file);
}

function discoveryBase(env: NodeJS.ProcessEnv): string {
  const runtime = env['XDG_RUNTIME_DIR'];
  if (runtime) return runtime;
  const cache = env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache');
  return join(cache, `host-${hostname()}`);
}
