import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunDetail } from '../../../src/protocol/rows';
import { buildCollector, cleanUp, newPlace, RunningCollector, until } from './harness';

let bundle: string;
let collector: RunningCollector;
let work: string;

beforeAll(async () => {
  bundle = await buildCollector();
});
beforeEach(async () => {
  collector = await RunningCollector.start(bundle, newPlace());
  work = dirname(collector.place.dir);
});
afterAll(cleanUp);

/** Says in `starts` that it was started; goes on from its checkpoint; what happens after three more steps is `then`. */
function trainee(then: string, save = true): string {
  const text = `
import os, sys, time, xtrack
open("starts", "a").write(os.environ["XTRACK_ATTEMPT"] + " " + os.environ.get("XTRACK_RESUME_CHECKPOINT", "") + "\\n")
path = os.environ.get("XTRACK_RESUME_CHECKPOINT")
first = int(open(path).read()) if path else 0
run = xtrack.start_run(run_id=os.environ.get("XTRACK_RESUME_RUN_ID"), name="trainee")
for step in range(first + 1, first + 4):
    run.log_metric("loss", 1 / step, step=step)
    if ${save ? 'True' : 'False'}:
        open("%d.ckpt" % step, "w").write(str(step))
        run.log_checkpoint("%d.ckpt" % step, step)
${then}
`;
  writeFileSync(join(work, 'trainee.py'), text);
  return 'trainee.py';
}

const DIE = 'os.kill(os.getpid(), 9)';
const starts = (): string[] =>
  existsSync(join(work, 'starts')) ? readFileSync(join(work, 'starts'), 'utf8').trim().split('\n') : [];
const get = (run_id: string): Promise<RunDetail> => collector.call('runs.get', { run_id });

async function launch(script: string, recovery: object = {}, more: object = {}): Promise<string> {
  const { run_id } = await collector.call('runs.launch', {
    target: { script },
    cwd: work,
    env: {},
    recovery: { policy: 'on-failure', backoff_s: 0.2, ...recovery },
    ...more,
  });
  return run_id;
}

async function becomes(run_id: string, status: string, attempt: number): Promise<RunDetail> {
  let last: RunDetail | null = null;
  try {
    await until(async () => {
      last = await get(run_id);
      return last.status === status && last.attempt === attempt;
    });
  } catch {
    throw new Error(`${run_id}: attempt ${last!.attempt} is ${last!.status} (${last!.error}), not ${status}`);
  }
  return last!;
}

const notes = (run: RunDetail): string[] =>
  run.warnings.filter(({ code }) => code === 'recovery').map((w) => w.message);

describe('a run that fails', () => {
  it('continues from its last checkpoint until it completes, with one continuous history', async () => {
    const script = trainee(`if step < 9: ${DIE}\nrun.end()`);
    const run_id = await launch(script, { max_attempts: 5 });
    await becomes(run_id, 'completed', 3);
    // The script's own word comes first, its exit code a moment later.
    await until(async () => (await get(run_id)).attempts[2]?.exit != null);
    const done = await get(run_id);
    expect(starts()).toEqual(['1 ', `2 ${join(work, '3.ckpt')}`, `3 ${join(work, '6.ckpt')}`]);
    expect(done.attempts.map(({ exit }) => exit)).toEqual([{ signal: 'SIGKILL' }, { signal: 'SIGKILL' }, { code: 0 }]);
    // Each waits twice as long as the one before.
    const [first, second, third] = done.attempts;
    expect(second!.started - first!.ended!).toBeGreaterThanOrEqual(200);
    expect(third!.started - second!.ended!).toBeGreaterThanOrEqual(400);
    const { series } = await collector.call('runs.series', { run_id, keys: ['loss'], x: 'step', points: 100 });
    expect(series[0]?.x).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('is restarted only after a new checkpoint, and at most as often as its policy says', async () => {
    const none = await launch(trainee(DIE, false));
    await until(async () => notes(await get(none)).length > 0);
    expect(await becomes(none, 'failed', 1)).toMatchObject({ error: expect.stringContaining('SIGKILL') });
    expect(notes(await get(none))[0]).toContain('attempt 1 logged no checkpoint');
    rmSync(join(work, 'starts'));

    const often = await launch(trainee(DIE), { max_attempts: 2 });
    await until(async () => notes(await get(often)).length > 0);
    expect((await becomes(often, 'failed', 2)).status).toBe('failed');
    expect(notes(await get(often))[0]).toContain('2 attempts');
    expect(starts()).toHaveLength(2);
  });

  it('is not restarted without a policy, after a stop, or from changed files', async () => {
    const plain = await launch(trainee(DIE), { policy: 'never' });
    await becomes(plain, 'failed', 1);
    const stopped = await launch(trainee('time.sleep(60)'));
    await until(async () => (await get(stopped)).checkpoints.length === 3);
    await collector.call('runs.stop', { run_id: stopped });
    await becomes(stopped, 'killed', 1);

    const spoilt = await launch(trainee(`for n in (1, 2, 3): open("%d.ckpt" % n, "a").write("0")\n${DIE}`));
    await until(async () => notes(await get(spoilt)).length > 0);
    expect(notes(await get(spoilt))[0]).toContain('were changed');
    expect(starts()).toHaveLength(3);
  });

  it('shows the pending restart, which a stop cancels', async () => {
    const run_id = await launch(trainee(DIE), { backoff_s: 30 });
    const waiting = await becomes(run_id, 'queued', 2);
    expect(waiting.starts_at! - Date.now()).toBeGreaterThan(10_000);
    await expect(collector.call('runs.resume', { run_id })).rejects.toMatchObject({ data: { code: 'conflict' } });
    expect(await collector.call('runs.stop', { run_id })).toEqual({ stage: 'ended', next_at: null });
    await becomes(run_id, 'cancelled', 2);
    expect(starts()).toHaveLength(1);
    // And it can be resumed by hand.
    await collector.call('runs.resume', { run_id });
    await becomes(run_id, 'queued', 4);
  });

  it('is restarted once, whichever process is killed in the meantime', async () => {
    const run_id = await launch(trainee(`if step < 6: ${DIE}\nrun.end()`), { backoff_s: 3 });
    await becomes(run_id, 'queued', 2);
    for (let kill = 0; kill < 2; kill++) {
      await collector.signal('SIGKILL');
      collector = await RunningCollector.start(bundle, collector.place);
      expect((await get(run_id)).status).not.toBe('failed');
    }
    await becomes(run_id, 'completed', 2);
    expect(starts()).toEqual(['1 ', `2 ${join(work, '3.ckpt')}`]);
  });

  it('without a collector is restarted by the next one', async () => {
    const script = trainee(
      `while step < 6 and not os.path.exists("die"): time.sleep(0.05)\nif step < 6: ${DIE}\nrun.end()`,
    );
    const run_id = await launch(script);
    await until(async () => (await get(run_id)).checkpoints.length === 3);
    await collector.signal('SIGKILL');
    writeFileSync(join(work, 'die'), '');
    await new Promise((done) => setTimeout(done, 1000));
    collector = await RunningCollector.start(bundle, collector.place);
    await becomes(run_id, 'completed', 2);
    expect(starts()).toHaveLength(2);
  });

  it('is not restarted when only its journal asks for that', async () => {
    const run_id = await launch(trainee(DIE), { backoff_s: 2 });
    await becomes(run_id, 'queued', 2);
    await collector.signal('SIGKILL');
    // As on another machine, or for another user: the journals are there, the plan is not.
    collector = await RunningCollector.start(bundle, { ...collector.place, runtime: newPlace().runtime });
    await new Promise((done) => setTimeout(done, 4000));
    expect(starts()).toHaveLength(1);
  });
});

describe('an attempt', () => {
  it('that was started cannot be started by anybody else', async () => {
    const { spawnSync } = await import('node:child_process');
    const script = trainee('run.end()');
    const env = { ...process.env, PYTHONPATH: join(dirname(bundle), 'python') };
    const once = ['-m', 'xtrack', 'run', '--run-id', 'one', '--attempt', '1', '--once', script];
    expect(spawnSync('python3', once, { cwd: work, env }).status).toBe(0);
    const second = spawnSync('python3', once, { cwd: work, env });
    expect(second.status).toBe(1);
    expect(second.stderr.toString()).toContain('has been started before');
    expect(starts()).toHaveLength(1);
  });
});

describe('a checkpoint that was changed', () => {
  it('is reported before the launch, and used on request', async () => {
    const run_id = await launch(trainee('run.end()'), { policy: 'never' });
    await becomes(run_id, 'completed', 1);
    appendFileSync(join(work, '3.ckpt'), '0');
    const words = {
      data: { code: 'conflict', field: 'checkpoint' },
      message: expect.stringContaining('changed after'),
    };
    await expect(collector.call('runs.resume', { run_id })).rejects.toMatchObject(words);
    expect((await get(run_id)).attempt).toBe(1);
    await collector.call('runs.resume', { run_id, changed_ok: true });
    await becomes(run_id, 'completed', 2);
    expect((await get(run_id)).metrics['loss']?.last_x).toBe(33);
  });
});

describe('a fork', () => {
  it('is a new run that starts at a checkpoint of another, and names it', async () => {
    const parent = await launch(trainee('run.end()'), { policy: 'never' }, { name: 'parent', experiment: 'exp' });
    const { checkpoints } = await becomes(parent, 'completed', 1);
    const { run_id } = await collector.call('runs.again', {
      run_id: parent,
      checkpoint: checkpoints[1]!.id,
      name: 'child',
    });
    expect(run_id).not.toBe(parent);
    const child = await becomes(run_id, 'completed', 1);
    expect(child).toMatchObject({ parent, name: 'child', experiment: 'exp' });
    expect(child.attempts[0]?.from_checkpoint).toBe(join(work, '2.ckpt'));
    expect(child.metrics['loss']).toMatchObject({ count: 3, last_x: 5 });
    expect((await get(parent)).attempt).toBe(1);
  });

  it('without a checkpoint is a new run with the same or other arguments', async () => {
    writeFileSync(
      join(work, 'args.py'),
      'import sys, xtrack\nwith xtrack.start_run() as run: run.log_param("args", sys.argv[1:])\n',
    );
    const first = await collector.call('runs.launch', {
      target: { script: 'args.py' },
      args: ['--lr', '1'],
      cwd: work,
      env: {},
    });
    await becomes(first.run_id, 'completed', 1);
    const again = await collector.call('runs.again', { run_id: first.run_id });
    expect(await becomes(again.run_id, 'completed', 1)).toMatchObject({
      params: { args: ['--lr', '1'] },
      parent: null,
    });
    const other = await collector.call('runs.again', { run_id: first.run_id, args: ['--lr', '2'] });
    expect(await becomes(other.run_id, 'completed', 1)).toMatchObject({ params: { args: ['--lr', '2'] } });
  });
});

describe('a stop', () => {
  it('continues to escalate after its collector is killed, and shows its stage', async () => {
    const stubborn =
      'import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: time.sleep(0.1)';
    const run_id = await launch(trainee(stubborn), { policy: 'never' });
    await until(async () => (await get(run_id)).checkpoints.length === 3);
    expect(await collector.call('runs.stop', { run_id })).toMatchObject({ stage: 'command' });
    await until(async () => (await get(run_id)).stop?.stage === 'int');
    expect((await get(run_id)).stop).toMatchObject({ stage: 'int', next_at: expect.any(Number) });
    await collector.signal('SIGKILL');
    collector = await RunningCollector.start(bundle, collector.place);
    expect(['int', 'term']).toContain((await get(run_id)).stop?.stage);
    await until(async () => (await get(run_id)).stop?.stage === 'term');
    expect(await collector.call('runs.stop', { run_id })).toMatchObject({ stage: 'kill' });
    expect(await becomes(run_id, 'killed', 1)).toMatchObject({ stop: null });
  });
});
