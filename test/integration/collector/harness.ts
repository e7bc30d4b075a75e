/** The real collector, bundled as it ships, in processes of its own on directories of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { encodeFrame, FrameDecoder } from '../../../src/base/frames';
import type { Method, Request, Results } from '../../../src/protocol/api';
import { bundleCollector } from './bundle';

/** Answers a bundle's path: the shared one, or one of a version of its own, whose folder goes with `cleanUp`. */
export async function buildCollector(version?: string, buildId = 'test-build'): Promise<string> {
  return version === undefined ? inject('collectorBundle') : bundleCollector(temporaryFolder(), version, buildId);
}

const folders: string[] = [];
const children = new Set<ChildProcess>();

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'xt-'));
  folders.push(folder);
  return folder;
}

export async function cleanUp(): Promise<void> {
  await Promise.all([...children].map((child) => ended(child, () => child.kill('SIGKILL'))));
  // Newest first: scripts that watch a folder of theirs end with it, and then write no more into older ones.
  for (const folder of folders.splice(0).reverse())
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

function ended(child: ChildProcess, act: () => void): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((done) => {
    child.once('exit', () => done());
    act();
  });
}

export interface Place {
  /** The `.xtrack` directory. */
  dir: string;
  runtime: string;
}

export function newPlace(): Place {
  const folder = temporaryFolder();
  return { dir: join(folder, 'work', '.xtrack'), runtime: temporaryFolder() };
}

export class RunningCollector {
  stderr = '';
  stdout = '';

  private constructor(
    readonly child: ChildProcess,
    readonly place: Place,
  ) {}

  port = 0;
  token = '';
  existing = false;

  static async start(
    bundle: string,
    place: Place,
    args: string[] = [],
    env: NodeJS.ProcessEnv = {},
    user: { uid?: number; gid?: number } = {},
  ) {
    const collector = RunningCollector.spawn(bundle, place, args, env, user);
    await collector.answered();
    return collector;
  }

  static spawn(
    bundle: string,
    place: Place,
    args: string[] = [],
    env: NodeJS.ProcessEnv = {},
    user: { uid?: number; gid?: number } = {},
  ): RunningCollector {
    const child = spawn(process.execPath, [bundle, '--dir', place.dir, ...args], {
      ...user,
      env: { ...process.env, XDG_RUNTIME_DIR: place.runtime, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    children.add(child);
    const collector = new RunningCollector(child, place);
    child.stdout?.on('data', (text: Buffer) => (collector.stdout += text.toString()));
    child.stderr?.on('data', (text: Buffer) => (collector.stderr += text.toString()));
    return collector;
  }

  async answered(): Promise<this> {
    await until(() => {
      if (this.child.exitCode !== null && !this.stdout.includes('\n'))
        throw new Error(`the collector ended with ${this.child.exitCode}: ${this.stderr}`);
      return this.stdout.includes('\n');
    });
    Object.assign(this, JSON.parse(this.stdout.split('\n')[0]!));
    return this;
  }

  /** Resolves with the exit code, or the signal. */
  async exit(): Promise<number | string | null> {
    await until(() => this.child.exitCode !== null || this.child.signalCode !== null);
    return this.child.exitCode ?? this.child.signalCode;
  }

  async signal(name: NodeJS.Signals): Promise<number | string | null> {
    this.child.kill(name);
    return this.exit();
  }

  /** Rejects with an error that has the reply's `data`. */
  async call<M extends Method>(method: M, params: Request<M>): Promise<Results[M]> {
    const reply = (await (await this.post({ jsonrpc: '2.0', id: 1, method, params })).json()) as {
      result?: Results[M];
      error?: { message: string; data?: object; code: number };
    };
    if (reply.error) throw Object.assign(new Error(reply.error.message), { rpc: reply.error, data: reply.error.data });
    return reply.result as Results[M];
  }

  post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}/rpc`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      // A connection that is kept may be one to a collector that was killed, and that had the same port.
      headers: { authorization: `Bearer ${this.token}`, connection: 'close', ...headers },
    });
  }
}

/** A script's end of the wire. */
export class WireClient {
  readonly received: { t: string; p: Record<string, unknown> }[] = [];
  closed = false;
  private readonly decoder = new FrameDecoder();
  private text = '';

  private constructor(
    readonly socket: Socket,
    private readonly dialect: 'frames' | 'lines',
  ) {
    socket.on('error', () => undefined);
    socket.on('close', () => (this.closed = true));
    socket.on('data', (bytes: Buffer) => this.read(bytes));
  }

  static open(to: number | string, dialect: 'frames' | 'lines' = 'frames'): Promise<WireClient> {
    const socket = typeof to === 'number' ? connect(to, '127.0.0.1') : connect(to);
    return new Promise((done, reject) => {
      socket.once('error', reject);
      socket.once('connect', () => done(new WireClient(socket, dialect)));
    });
  }

  send(t: string, p: object, seq = 0): void {
    this.socket.write(this.encode(t, p, seq));
  }

  encode(t: string, p: object, seq = 0): Uint8Array {
    const envelope = { v: 1, t, m: { seq, ts: 1_700_000_000_000_000 + seq }, p };
    return this.dialect === 'frames' ? encodeFrame(envelope) : Buffer.from(`${JSON.stringify(envelope)}\n`);
  }

  async next(t: string): Promise<Record<string, unknown>> {
    await until(() => this.received.some((message) => message.t === t) || this.closed);
    const at = this.received.findIndex((message) => message.t === t);
    if (at < 0) throw new Error(`closed without ${t}: ${JSON.stringify(this.received)}`);
    return this.received.splice(0, at + 1).at(-1)!.p;
  }

  private read(bytes: Buffer): void {
    if (this.dialect === 'frames') {
      this.decoder.push(Buffer.from(bytes));
      for (let item = this.decoder.next(); item; item = this.decoder.next())
        if (item.kind === 'frame') this.received.push(item.envelope as never);
      return;
    }
    this.text += bytes.toString();
    const lines = this.text.split('\n');
    this.text = lines.pop()!;
    for (const line of lines) this.received.push(JSON.parse(line) as never);
  }
}

export function hello(token: string | undefined, over: object = {}): object {
  return {
    protocol: 1,
    token,
    run_id: 'run-1',
    worker: 'worker-0',
    attempt: 1,
    writer: 'abcdef12',
    client: 'test 1',
    ...over,
  };
}

/** Everything but the head, by seq, of a journal file. */
export function eventsIn(path: string): { t: string; seq: number; p: Record<string, unknown> }[] {
  const decoder = new FrameDecoder();
  decoder.push(readFileSync(path));
  const events = [];
  for (let item = decoder.next(); item; item = decoder.next()) {
    if (item.kind === 'bad') throw new Error(`bad frame: ${item.reason}`);
    const { t, m, p } = item.envelope as { t: string; m: { seq: number }; p: Record<string, unknown> };
    if (t !== 'journal') events.push({ t, seq: m.seq, p });
  }
  return events;
}

/**
 * Resolves with what the condition answers once that is true. Rejects when `progress` has answered the same for
 * `patienceMs`; without it, when the condition did not hold for so long. Time in which no processor was idle counts a tenth:
 * what takes long because other programs run does not fail here.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  patienceMs = 30_000,
  progress: () => unknown = () => null,
): Promise<Exclude<T, false | null | undefined>> {
  let seen = progress();
  let idle = new IdleTime();
  for (;;) {
    const found = await condition();
    if (found) return found as Exclude<T, false | null | undefined>;
    const now = progress();
    if (now !== seen) [seen, idle] = [now, new IdleTime()];
    if (idle.ms > patienceMs) throw new Error(`nothing changed for ${patienceMs} ms: ${condition.toString()}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** How long a processor of this machine had nothing to do, and a tenth of the time in which none was idle. */
class IdleTime {
  private total = 0;
  private at = performance.now();
  private idle = idleOfAll();

  get ms(): number {
    const [at, idle] = [performance.now(), idleOfAll()];
    const passed = at - this.at;
    const free = Math.min(passed, Math.max(0, idle - this.idle));
    this.total += free + (passed - free) / 10;
    [this.at, this.idle] = [at, idle];
    return this.total;
  }
}

function idleOfAll(): number {
  return cpus().reduce((sum, { times }) => sum + times.idle, 0);
}
