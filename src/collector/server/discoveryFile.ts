/** Publishes where the collector of an `.xtrack` directory listens, in a folder outside the workspace that only this user can read. */
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, lstatSync, mkdirSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { renameSync, rmSync, writeSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import type { Discovery } from '../../protocol/discovery';

/** The longest path of a Unix socket, without its zero byte. */
const MAX_SOCKET_PATH = process.platform === 'linux' ? 107 : 103;

export class DiscoveryFile {
  /** The folder for this `.xtrack` directory, which only this user can enter; it is outside the workspace. */
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

  /** Null if the path would be too long, or the system has no Unix sockets in the file system. */
  get socketPath(): string | null {
    const path = join(this.folder, 'collector.sock');
    return process.platform === 'win32' || Buffer.byteLength(path) > MAX_SOCKET_PATH ? null : path;
  }

  /** Makes the folder, for this user alone. Throws if another user owns it. */
  prepare(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const stat = lstatSync(this.folder);
    if (!stat.isDirectory()) throw new Error(`${this.folder} is not a directory`);
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
   * The token survives restarts, so a script on another machine that has it can reconnect after this collector was killed.
   * If the folder is unusable, the token is valid for this process only.
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
      // Problems with the folder are reported when the collector announces itself there.
      return randomBytes(32).toString('hex');
    }
  }

  /** The port of an earlier collector; 0 if it is not known. */
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

  /** Removes the file at exit, unless it is a newer collector's. */
  remove(pid: number): void {
    if (this.read()?.pid === pid) rmSync(this.file, { force: true });
  }
}

/** Null if there is no file yet, or it is not this user's. */
function readToken(file: string): string | null {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (!stat?.isFile() || (process.platform !== 'win32' && (stat.mode & 0o077) !== 0)) return null;
  const token = readFileSync(file, 'utf8').trim();
  return /^[0-9a-f]{64}$/.test(token) ? token : null;
}

/** Writes the file atomically, for this user alone. */
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
