import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunDetail } from '../../../src/protocol/rows';
import { buildCollector, cleanUp, newPlace, RunningCollector, until } from './harness';

let bundle: string;
let collector: RunningCollector;
let work: string;
const pids = new Set<number>();

beforeAll(async () => {
  bundle = await buildCollector();
  collector = await RunningCollector.start(bundle, newPlace());
  work = dirname(collector.place.dir);
});
afterEach(() => {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended, as it should.
    }
  }
  pids.clear();
});
afterAll(cleanUp);

function script(name: string, text: string): string {
  writeFileSync(join(work, name), text);
  return name;
}

/** Tells its pid, trains until it is ended, and reacts as `how` says. */
function endless(name: string, how = ''): string {
  const text = `
import os, signal, sys, time, xtrack
${how}
run = xtrack.start_run("endless")
open("pid", "w").write(str(os.getpid()))
step = 0
while True:
    step += 1
    run.log_metric("loss", 1.0 / step, step=step)
    time.sleep(0.05)
`;
  rmSync(join(work, 'pid'), { force: true });
  return script(name, text);
}

const request = (name: string) => ({ target: { script: name }, cwd: work, env: {} });
const get = (run_id: string): Promise<RunDetail> => collector.call('runs.get', { run_id });

async function launch(name: string): Promise<string> {
  const { run_id } = await collector.call('runs.launch', request(name));
  return run_id;
}

async function statusBecomes(run_id: string, status: string, withinMs = 15_000): Promise<RunDetail> {
  try {
    await until(async () => (await get(run_id)).status === status, withinMs);
  } catch {
    const { status: actual, error } = await get(run_id);
    throw new Error(`${run_id} is ${actual} (${error}), not ${status}`);
  }
  return get(run_id);
}

/** Of the script, once it trains. */
async function trains(run_id: string): Promise<number> {
  await until(async () => ((await get(run_id)).metrics['loss']?.count ?? 0) > 3);
  const pid = Number(readFileSync(join(work, 'pid'), 'utf8'));
  pids.add(pid);
  return pid;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a launch', () => {
  it('runs the script under the supervisor, with its arguments, environment and console', async () => {
    const name = script(
      'train.py',
      'import os, sys, xtrack\nwith xtrack.Tracker.start_run() as run:\n  run.log_param("args", " ".join(sys.argv[1:]))\n  run.log_param("color", os.environ["COLOR"])\n  run.log_metric("loss", 0.5, step=1)\n  print("out of it")\n',
    );
    const { run_id, attempt } = await collector.call('runs.launch', {
      ...request(name),
      args: ['--lr', '0.1'],
      env: { ...(process.env as Record<string, string>), COLOR: 'blue', MY_API_KEY: 'hidden' },
      name: 'named',
      experiment: 'exp',
      tags: { team: 'nlp' },
    });
    expect(attempt).toBe(1);
    expect(run_id).toMatch(/^\d{8}-\d{6}-[0-9a-f]{6}$/);
    await statusBecomes(run_id, 'completed');
    // The script's own word comes first, its exit code a moment later.
    await until(async () => (await get(run_id)).attempts[0]?.exit != null);
    const detail = await get(run_id);
    expect(detail).toMatchObject({
      name: 'named',
      experiment: 'exp',
      tags: { team: 'nlp' },
      params: { args: '--lr 0.1', color: 'blue' },
      attempts: [{ n: 1, exit: { code: 0 } }],
    });
    expect(detail.metrics['loss']).toMatchObject({ last: 0.5, count: 1 });
    const output = await collector.call('runs.output', { run_id });
    expect(Buffer.from(output.data, 'base64').toString()).toContain('out of it');
    expect(JSON.stringify(await collector.call('runs.events', { run_id }))).not.toContain('hidden');
  });

  it('of a script with a syntax error fails, with the error in the console', async () => {
    const run_id = await launch(script('broken.py', 'def ('));
    const detail = await statusBecomes(run_id, 'failed');
    expect(detail.attempts[0]).toMatchObject({ exit: { code: 1 } });
    const output = await collector.call('runs.output', { run_id });
    expect(Buffer.from(output.data, 'base64').toString()).toContain('SyntaxError');
  });

  it('of a command records its exit', async () => {
    const command = { target: { argv: ['sh', '-c', 'exit 3'] }, cwd: work, env: {} };
    const { run_id } = await collector.call('runs.launch', command);
    expect(await statusBecomes(run_id, 'failed')).toMatchObject({ attempts: [{ exit: { code: 3 } }] });
  });

  it.each([
    ['a script that does not exist', { target: { script: 'nowhere.py' } }, 'target.script', 'does not exist'],
    ['a folder as the script', { target: { script: '.' } }, 'target.script', 'is not a file'],
    ['a folder that does not exist', { cwd: '/nowhere' }, 'cwd', 'does not exist'],
    ['a relative folder', { cwd: 'work' }, 'cwd', 'does not exist'],
    ['an interpreter that does not exist', { interpreter: '/nowhere/python' }, 'interpreter', 'not found'],
    ['an interpreter that is no Python', { interpreter: '/bin/echo' }, 'interpreter', 'does not answer like Python'],
    ['an interpreter that fails', { interpreter: '/bin/false' }, 'interpreter', 'does not start'],
    ['an unknown backend', { backend: 'moon' }, 'backend', 'moon'],
  ])('refuses %s, naming the field, and leaves no run behind', async (_what, change, field, words) => {
    script('fine.py', '');
    const { total } = await collector.call('runs.list', {});
    const failed = collector.call('runs.launch', { ...request('fine.py'), ...change });
    await expect(failed).rejects.toMatchObject({
      data: { code: 'invalid', audience: 'user', field },
      message: expect.stringContaining(words),
    });
    expect((await collector.call('runs.list', {})).total).toBe(total);
  });

  it('fails with the output of a supervisor that cannot run', async () => {
    // Python for the check, and an error afterwards.
    const fake = join(work, 'fake-python');
    writeFileSync(fake, '#!/bin/sh\nif [ "$1" = -c ]; then echo 3 11; else echo no module named us >&2; exit 5; fi\n');
    chmodSync(fake, 0o755);
    const { run_id } = await collector.call('runs.launch', { ...request('fine.py'), interpreter: fake });
    const detail = await statusBecomes(run_id, 'failed', 5000);
    expect(detail.error).toContain('no module named us');
  });
});

describe('a launch to be debugged', () => {
  const debuggerPath = join(__dirname, '../../fixtures/debugger/debugpy');

  it('waits until a debugger is attached, and a later resume waits for none', async () => {
    const name = script(
      'debugged.py',
      'import sys, xtrack\nrun = xtrack.start_run("debugged")\nrun.log_metric("words", len(sys.argv), step=1)\n',
    );
    const { run_id } = await collector.call('runs.launch', {
      ...request(name),
      args: ['--lr', '1'],
      debugger: debuggerPath,
    });
    const endpoints = join(collector.place.dir, 'runs', run_id, 'debugger-1.json');
    const read = (): string => (existsSync(endpoints) ? readFileSync(endpoints, 'utf8') : '');
    await until(() => read().endsWith('}'));
    const { port } = (JSON.parse(read()) as { client: { port: number } }).client;
    await until(async () => (await get(run_id)).status === 'running');
    const body = JSON.stringify({ seq: 1, type: 'request', command: 'configurationDone' });
    connect(port, '127.0.0.1').end(`Content-Length: ${body.length}\r\n\r\n${body}`);
    expect((await statusBecomes(run_id, 'completed')).metrics['words']?.last).toBe(3);
    await collector.call('runs.resume', { run_id, checkpoint: 'none' });
    await until(async () => (await get(run_id)).attempt === 2 && (await get(run_id)).status === 'completed');
  });

  it('is rejected for a command', async () => {
    const argv = { target: { argv: ['true'] }, cwd: work, env: {}, debugger: debuggerPath };
    await expect(collector.call('runs.launch', argv)).rejects.toMatchObject({ data: { field: 'debugger' } });
  });
});

describe('a script that dies', () => {
  it('from SIGKILL is shown as failed within 2 s, with the reason', async () => {
    const run_id = await launch(endless('killed.py'));
    const pid = await trains(run_id);
    process.kill(pid, 'SIGKILL');
    const detail = await statusBecomes(run_id, 'failed', 2000);
    expect(detail.error).toContain('SIGKILL');
  });

  it('together with its supervisor is shown as failed within 2 s, too', async () => {
    const run_id = await launch(endless('both.py'));
    const pid = await trains(run_id);
    const supervisor = Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
    process.kill(supervisor, 'SIGKILL');
    process.kill(pid, 'SIGKILL');
    const detail = await statusBecomes(run_id, 'failed', 3000);
    expect(detail.error).not.toBe(null);
  });

  it('after its supervisor and its collector is shown as failed', async () => {
    const run_id = await launch(endless('outlives.py'));
    const pid = await trains(run_id);
    const supervisor = Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]);
    process.kill(supervisor, 'SIGKILL');
    await collector.signal('SIGKILL');
    collector = await RunningCollector.start(bundle, collector.place);
    await until(async () => (await get(run_id)).status === 'running');
    const before = (await get(run_id)).metrics['loss']!.count;
    await until(async () => (await get(run_id)).metrics['loss']!.count > before);
    process.kill(pid, 'SIGKILL');
    await statusBecomes(run_id, 'failed', 3000);
  });
});

describe('a stop', () => {
  it('asks the script first, and shows it as killed and not as failed when it exits by itself', async () => {
    const how = 'xtrack_stop = []';
    const name = endless('polite.py', how);
    const text = readFileSync(join(work, name), 'utf8');
    const polite = text
      .replace('step = 0', 'run.on_command("stop", lambda command: xtrack_stop.append(1))\nstep = 0')
      .replace('while True:', 'while not xtrack_stop:');
    const run_id = await launch(script(name, polite));
    const pid = await trains(run_id);
    expect(await collector.call('runs.stop', { run_id })).toMatchObject({
      stage: 'command',
      next_at: expect.any(Number),
    });
    await statusBecomes(run_id, 'killed');
    await until(async () => (await get(run_id)).attempts[0]?.exit?.code === 0);
    expect(isAlive(pid)).toBe(false);
    expect(await collector.call('runs.stop', { run_id })).toEqual({ stage: 'ended', next_at: null });
  });

  it('sends a signal to a script that handles no stop command', async () => {
    const run_id = await launch(endless('plain.py'));
    const pid = await trains(run_id);
    await collector.call('runs.stop', { run_id });
    await statusBecomes(run_id, 'killed', 8000);
    // It says so as its last word, an instant before it is gone.
    await until(() => !isAlive(pid));
  });

  it('escalates to SIGKILL, one stage a click, for a script that ignores everything', async () => {
    const how = 'signal.signal(signal.SIGINT, signal.SIG_IGN)\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)';
    const run_id = await launch(endless('stubborn.py', how));
    const pid = await trains(run_id);
    const stages: string[] = [];
    // The second of a double click means no more than the first.
    const click = () => collector.call('runs.stop', { run_id }).then(({ stage }) => stages.push(stage));
    await Promise.all([click(), click()]);
    expect(stages).toEqual(['command', 'command']);
    // It says that it does not handle the command, and so is interrupted without another click.
    await until(async () => (await get(run_id)).stop?.stage === 'int');
    await new Promise((done) => setTimeout(done, 500));
    await click();
    await click();
    expect(stages.slice(2)).toEqual(['term', 'kill']);
    expect((await get(run_id)).commands.filter(({ type }) => type === 'stop')).toHaveLength(1);
    await statusBecomes(run_id, 'killed', 5000);
    expect(isAlive(pid)).toBe(false);
  });

  it('signals only the process of a run that was started in a terminal', async () => {
    const name = endless('terminal.py');
    const { spawn } = await import('node:child_process');
    const env = { ...process.env, PYTHONPATH: join(dirname(bundle), 'python'), XTRACK_RUN_ID: 'terminal-run' };
    const child = spawn('python3', [name], { cwd: work, env, stdio: 'ignore' });
    const exited = new Promise((done) => child.once('exit', (_code, signal) => done(signal)));
    await until(async () => (await collector.call('runs.list', {})).rows.some((row) => row.run_id === 'terminal-run'));
    await trains('terminal-run');
    await collector.call('runs.stop', { run_id: 'terminal-run' });
    await exited;
    await statusBecomes('terminal-run', 'killed');
  });
});

describe('a resume', () => {
  const resumable = `
import os, sys, time, xtrack
run = xtrack.start_run("resumable")
path = os.environ.get("XTRACK_RESUME_CHECKPOINT")
start = int(open(path).read()) if path else 0
run.log_param("resumed_run", os.environ.get("XTRACK_RESUME_RUN_ID", ""))
for step in range(start + 1, start + 11):
    run.log_metric("loss", 1.0 / step, step=step)
    if step % 5 == 0:
        name = os.path.join("checkpoints", "%d.txt" % step)
        open(name, "w").write(str(step))
        run.log_checkpoint(name, step, is_best=step == 5)
run.end()
`;

  it('continues in a new attempt from the last, the best or a chosen checkpoint', async () => {
    mkdirSync(join(work, 'checkpoints'), { recursive: true });
    const run_id = await launch(script('resumable.py', resumable));
    const first = await statusBecomes(run_id, 'completed');
    expect(first.checkpoints.map(({ step }) => step)).toEqual([5, 10]);

    expect(await collector.call('runs.resume', { run_id })).toMatchObject({ run_id, attempt: 2 });
    await expect(collector.call('runs.resume', { run_id })).rejects.toMatchObject({ data: { code: 'conflict' } });
    await until(async () => (await get(run_id)).status === 'completed' && (await get(run_id)).attempt === 2);
    const second = await get(run_id);
    expect(second.params).toMatchObject({ resumed_run: run_id });
    expect(second.attempts[1]?.from_checkpoint).toBe(join(work, 'checkpoints', '10.txt'));
    const { series } = await collector.call('runs.series', { run_id, keys: ['loss'], x: 'step', points: 100 });
    expect(series[0]?.x).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));

    await collector.call('runs.resume', { run_id, checkpoint: 'best' });
    await until(async () => (await get(run_id)).status === 'completed' && (await get(run_id)).attempt === 3);
    expect((await get(run_id)).attempts[2]?.from_checkpoint).toBe(join(work, 'checkpoints', '5.txt'));
  });

  it('names an unknown checkpoint, or one whose file is missing', async () => {
    const run_id = await launch(script('resumable.py', resumable));
    const { checkpoints } = await statusBecomes(run_id, 'completed');
    await expect(collector.call('runs.resume', { run_id, checkpoint: 'nope' })).rejects.toMatchObject({
      data: { code: 'invalid', field: 'checkpoint' },
    });
    rmSync(join(work, 'checkpoints', '10.txt'));
    await expect(collector.call('runs.resume', { run_id, checkpoint: checkpoints.at(-1)!.id })).rejects.toMatchObject({
      data: { code: 'invalid', field: 'checkpoint' },
      message: expect.stringContaining(join(work, 'checkpoints', '10.txt')),
    });
  });

  it('is rejected without a checkpoint, and starts from the beginning on request', async () => {
    const run_id = await launch(script('nothing.py', 'import xtrack\nxtrack.start_run().end()\n'));
    await statusBecomes(run_id, 'completed');
    await expect(collector.call('runs.resume', { run_id })).rejects.toMatchObject({
      data: { code: 'invalid', field: 'checkpoint' },
      message: expect.stringContaining('No checkpoint was logged'),
    });
    expect(await collector.call('runs.resume', { run_id, checkpoint: 'none' })).toMatchObject({ attempt: 2 });
    await until(async () => (await get(run_id)).status === 'completed' && (await get(run_id)).attempt === 2);
  });

  it('works for a run that was started in a terminal', async () => {
    const { spawnSync } = await import('node:child_process');
    const env = { ...process.env, PYTHONPATH: join(dirname(bundle), 'python'), XTRACK_RUN_ID: 'by-hand' };
    spawnSync('python3', [script('resumable.py', resumable)], { cwd: work, env });
    await until(async () => (await collector.call('runs.list', {})).rows.some((row) => row.run_id === 'by-hand'));
    await statusBecomes('by-hand', 'completed');
    await collector.call('runs.resume', { run_id: 'by-hand' });
    await until(
      async () => (await get('by-hand')).attempt === 2 && (await get('by-hand')).status === 'completed',
      20_000,
    );
    expect((await get('by-hand')).metrics['loss']?.last_x).toBe(20);
  });
});
