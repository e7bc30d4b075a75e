/** Scripts under load that can be killed, and what each of them was promised. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { temporaryFolder, until, type Place, type RunningCollector } from '../integration/collector/harness';

const PYTHON_PATH = resolve(__dirname, '../../src/python');
const SCRIPT = join(__dirname, 'trainee.py');

export type Kind = 'supervised' | 'plain' | 'streaming';

export interface Promised {
  key: string;
  /** Of scripts that were killed, one call more may be there than returned. */
  points: number;
  lines: number;
}

/** The environment of a script on another machine, which sees nothing of the collector but a port. */
export function farFrom(door: { port: number; token: string }): NodeJS.ProcessEnv {
  return {
    XDG_RUNTIME_DIR: temporaryFolder(),
    XTRACK_TRANSPORT: 'tcp',
    XTRACK_HOST: '127.0.0.1',
    XTRACK_PORT: String(door.port),
    XTRACK_TOKEN: door.token,
  };
}

export class Trainee {
  private readonly ackFile: string;

  private constructor(
    readonly key: string,
    readonly kind: Kind,
    private readonly child: ChildProcess,
    folder: string,
  ) {
    this.ackFile = join(folder, key);
  }

  /** `more`: its environment, where it is another than that of a script that sees the directory. */
  static start(
    place: Place,
    folder: string,
    run: { id: string; worker: string; key: string; kind: Kind },
    more: NodeJS.ProcessEnv = {},
  ): Trainee {
    mkdirSync(folder, { recursive: true });
    const words = [SCRIPT, join(folder, run.key), run.key];
    const supervised = ['-m', 'xtrack', 'run', '--run-id', run.id, '--attempt', '1', '--', ...words];
    const child = spawn('python3', run.kind === 'supervised' ? supervised : words, {
      cwd: folder,
      env: {
        ...process.env,
        PYTHONPATH: PYTHON_PATH,
        PYTHONDONTWRITEBYTECODE: '1',
        XDG_RUNTIME_DIR: place.runtime,
        XTRACK_DIR: place.dir,
        XTRACK_RUN_ID: run.id,
        XTRACK_ATTEMPT: '1',
        XTRACK_WORKER_ID: run.worker,
        ...more,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr?.on('data', (text: Buffer) => console.log(`${run.key}: ${text.toString()}`));
    return new Trainee(run.key, run.kind, child, folder);
  }

  get promised(): Promised {
    const [, points, lines] = this.acks();
    return { key: this.key, points, lines };
  }

  get scriptPid(): number {
    return this.acks()[0];
  }

  /** The script, and the supervisor that watches it. */
  get pids(): number[] {
    return [...new Set([this.child.pid!, this.scriptPid])];
  }

  get isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** It logs. */
  async started(): Promise<this> {
    await until(() => this.acks()[1] > 0 || this.isOver, 30_000);
    return this;
  }

  killScript(): void {
    if (this.scriptPid > 0) killed(this.scriptPid);
  }

  killSupervisor(): void {
    this.child.kill('SIGKILL');
  }

  /** Logs no more; resolves once the collector has what was logged. */
  async pause(collector: RunningCollector, run_id: string): Promise<void> {
    writeFileSync(`${this.ackFile}.pause`, '');
    let arrived = 0;
    const hasAll = async () => {
      arrived = (await collector.call('runs.get', { run_id })).metrics[this.key]?.count ?? 0;
      return arrived >= this.promised.points;
    };
    await until(hasAll, 60_000, () => arrived);
  }

  /** Ends by itself, and is whole. */
  async stop(): Promise<void> {
    this.askToStop();
    await until(() => this.isOver, 30_000);
  }

  askToStop(): void {
    writeFileSync(`${this.ackFile}.stop`, '');
  }

  async killAll(): Promise<void> {
    this.killSupervisor();
    this.killScript();
    await until(() => this.isOver, 30_000);
  }

  private acks(): [number, number, number] {
    if (!existsSync(this.ackFile)) return [0, 0, 0];
    const bytes = readFileSync(this.ackFile);
    return bytes.length < 12 ? [0, 0, 0] : [bytes.readUInt32LE(0), bytes.readUInt32LE(4), bytes.readUInt32LE(8)];
  }
}

function killed(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** What is wrong with what the collector tells of a run, compared with what its scripts were promised; empty when all is there. */
export async function brokenPromises(
  collector: RunningCollector,
  run_id: string,
  promises: readonly Promised[],
): Promise<string[]> {
  const wrong: string[] = [];
  const lines = await linesOf(collector, run_id);
  for (const { key, points, lines: said } of promises) {
    const { series } = await collector.call('runs.series', { run_id, keys: [key], x: 'step', points: 1_000_000 });
    const x = series.flatMap((one) => one.x);
    const last = series.flatMap((one) => one.last);
    const inOrder =
      x.every((at, i) => at === i && last[i] === i / 7) && series.every(({ n }) => n.every((c) => c === 1));
    if (!inOrder) wrong.push(`${key}: points are not 0, 1, 2 … once each: ${around(x)}`);
    if (x.length < points || x.length > points + 1) wrong.push(`${key}: ${x.length} points of ${points}`);
    const own = lines.get(key) ?? [];
    if (!own.every((n, i) => n === i)) wrong.push(`${key}: lines are not 0, 1, 2 … once each: ${around(own)}`);
    if (own.length < said || own.length > said + 1) wrong.push(`${key}: ${own.length} lines of ${said}`);
  }
  return wrong;
}

function around(values: number[]): string {
  const at = values.findIndex((value, i) => value !== i);
  return `from ${at}: ${values.slice(at, at + 5).join(' ')}`;
}

async function linesOf(collector: RunningCollector, run_id: string): Promise<Map<string, number[]>> {
  const lines = new Map<string, number[]>();
  for (let offset = 0, total = 1; offset < total;) {
    const page = await collector.call('runs.logs', { run_id, offset, limit: 10_000 });
    for (const { message } of page.lines) {
      const [key = '', n] = message.split(' ');
      if (!lines.has(key)) lines.set(key, []);
      lines.get(key)!.push(Number(n));
    }
    ({ total } = page);
    offset = page.next;
    if (page.lines.length === 0) break;
  }
  return lines;
}
