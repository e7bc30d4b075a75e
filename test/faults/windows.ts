/** Windows in processes of their own, so that they can be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'esbuild';
import { temporaryFolder, until, type Place } from '../integration/collector/harness';

export interface WindowSetup {
  dir: string;
  /** Of the collector that it brings. */
  bundle: string;
  version: string;
  build: string;
  errorFile: string;
}

export interface Shown {
  pid: number;
  version: string;
  points: number;
  status: string | null;
}

export async function buildWindow(): Promise<string> {
  const outfile = join(temporaryFolder(), 'window.js');
  const entryPoints = [join(__dirname, 'window.ts')];
  await build({ entryPoints, outfile, bundle: true, platform: 'node', target: 'node20', logLevel: 'error' });
  return outfile;
}

export class Window {
  /** What it showed last. */
  shown: Shown | null = null;

  private constructor(private readonly child: ChildProcess) {
    let text = '';
    child.stdout!.on('data', (bytes: Buffer) => {
      const lines = (text + bytes.toString()).split('\n');
      text = lines.pop()!;
      for (const line of lines) this.shown = JSON.parse(line) as Shown;
    });
  }

  static async open(
    program: string,
    place: Place,
    of: Pick<WindowSetup, 'bundle' | 'version' | 'build'>,
  ): Promise<Window> {
    const setup: WindowSetup = { ...of, dir: place.dir, errorFile: join(place.runtime, 'collector.log') };
    const env = { ...process.env, XDG_RUNTIME_DIR: place.runtime, XTRACK_TEST_WINDOW: JSON.stringify(setup) };
    // With a process group of its own, as an application has.
    const child = spawn(process.execPath, [program], { env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    const window = new Window(child);
    await until(() => window.shown !== null, 20_000);
    return window;
  }

  /** It, and all that is of its group. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    process.kill(-this.child.pid!, 'SIGKILL');
    await until(() => this.child.signalCode !== null);
  }

  async shows(condition: (shown: Shown) => boolean, withinMs = 15_000): Promise<void> {
    await until(() => condition(this.shown!), withinMs);
  }
}
