import * as fs from 'node:fs/promises';
import { join } from 'node:path';

/** The parts of dist/ that the collector and the scripts that it launches need. */
const PARTS = ['collector.js', 'sql-wasm.wasm', 'python'];
const STAMP = '.build';
const KEPT_FOR_MS = 30 * 24 * 3600 * 1000;

/**
 * A copy of the collector and the Python client in the extension's global storage, a folder for each build: an update
 * of the extension removes the old extension's folder, while its collector may run for days.
 */
export class Installation {
  private ready: Promise<void> | null = null;

  constructor(
    private readonly dist: string,
    private readonly storage: string,
    readonly build: string,
  ) {}

  get folder(): string {
    return join(this.storage, `collector-${this.build}`);
  }
  get collector(): string {
    return join(this.folder, 'collector.js');
  }
  /** The Python client and its wheel, at a path that stays the same over updates of the extension. */
  get client(): string {
    return join(this.storage, 'client');
  }

  /** Copies on the first call; a failed copy is tried again. */
  async install(): Promise<void> {
    this.ready ??= this.copy();
    try {
      await this.ready;
    } catch (error) {
      this.ready = null;
      throw error;
    }
  }

  private async copy(): Promise<void> {
    if (!(await exists(this.collector))) {
      const temp = join(this.storage, `.collector-${process.pid}-${Date.now()}`);
      await fs.mkdir(temp, { recursive: true });
      try {
        for (const part of PARTS) await fs.cp(join(this.dist, part), join(temp, part), { recursive: true });
        await fs.rename(temp, this.folder);
      } catch (error) {
        await fs.rm(temp, { recursive: true, force: true });
        // Another window was faster.
        if (!(await exists(this.collector))) throw error;
      }
    }
    await this.copyClient();
    const now = new Date();
    await fs.utimes(this.folder, now, now);
    await this.removeOld(now.getTime());
  }

  private async copyClient(): Promise<void> {
    const stamp = join(this.client, STAMP);
    if ((await fs.readFile(stamp, 'utf8').catch(() => '')) === this.build) return;
    const temp = join(this.storage, `.collector-client-${process.pid}-${Date.now()}`);
    const old = `${temp}-old`;
    try {
      await fs.cp(join(this.folder, 'python'), temp, { recursive: true });
      await fs.writeFile(join(temp, STAMP), this.build);
      // Moved away in one step: a script that starts now finds a whole client or, for microseconds, none.
      await fs.rename(this.client, old).catch(ifMissing);
      await fs.rename(temp, this.client);
    } catch (error) {
      // Another window was faster.
      if ((await fs.readFile(stamp, 'utf8').catch(() => '')) !== this.build) throw error;
    } finally {
      for (const path of [temp, old]) await fs.rm(path, { recursive: true, force: true });
    }
  }

  private async removeOld(now: number): Promise<void> {
    for (const name of await fs.readdir(this.storage)) {
      const path = join(this.storage, name);
      if (!/^\.?collector-/.test(name) || path === this.folder) continue;
      const stat = await fs.stat(path).catch(() => null);
      if (stat && now - stat.mtimeMs > KEPT_FOR_MS) await fs.rm(path, { recursive: true, force: true });
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return fs.access(path).then(
    () => true,
    () => false,
  );
}

function ifMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}
