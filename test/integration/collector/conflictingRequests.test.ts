/** Requests that do not fit the state of a run: each is answered clearly, and nothing happens twice. */
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { RunDetail } from '../../../src/protocol/rows';
import { buildCollector, cleanUp, newPlace, RunningCollector, until } from './harness';

const TRAINEE = `
import os, time, xtrack
open("starts", "a").write("x")
run = xtrack.start_run("trainee")
first = int(open(os.environ["XTRACK_RESUME_CHECKPOINT"]).read()) if os.environ.get("XTRACK_RESUME_CHECKPOINT") else 0
for step in range(first + 1, 10_000):
    run.log_metric("loss", 1 / step, step=step)
    if step == 3:
        open("3.ckpt", "w").write("3")
        run.log_checkpoint("3.ckpt", step)
    if os.path.exists("finish"): break
    time.sleep(0.05)
run.end()
`;

let collector: RunningCollector;
let work: string;

beforeAll(async () => {
  collector = await RunningCollector.start(await buildCollector(), newPlace());
  work = dirname(collector.place.dir);
  writeFileSync(join(work, 'train.py'), TRAINEE);
});
beforeEach(() => {
  for (const name of ['starts', 'finish', '3.ckpt']) rmSync(join(work, name), { force: true });
});
afterAll(cleanUp);

const get = (run_id: string): Promise<RunDetail> => collector.call('runs.get', { run_id });
const starts = (): number => (existsSync(join(work, 'starts')) ? readFileSync(join(work, 'starts')).length : 0);

async function launched(more: object = {}): Promise<string> {
  const request = { target: { script: 'train.py' }, cwd: work, env: {}, ...more };
  const { run_id } = await collector.call('runs.launch', request);
  await until(async () => (await get(run_id)).checkpoints.length === 1);
  return run_id;
}

async function finished(run_id: string): Promise<void> {
  writeFileSync(join(work, 'finish'), '');
  await until(async () => (await get(run_id)).attempts.at(-1)?.exit != null);
  rmSync(join(work, 'finish'));
}

it('an active run cannot be resumed, and two simultaneous requests resume an ended one once', async () => {
  const run_id = await launched();
  const running = { data: { code: 'conflict', field: 'run_id' }, message: expect.stringContaining('is running') };
  await expect(collector.call('runs.resume', { run_id })).rejects.toMatchObject(running);
  expect(starts()).toBe(1);
  await finished(run_id);
  const both = await Promise.allSettled([
    collector.call('runs.resume', { run_id }),
    collector.call('runs.resume', { run_id }),
  ]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(both.find((one) => one.status === 'rejected')?.reason).toMatchObject({ data: { code: 'conflict' } });
  await until(() => starts() === 2);
  await finished(run_id);
  expect([starts(), (await get(run_id)).attempt]).toEqual([2, 2]);
});

it('stopping an ended run does nothing, however often it is requested', async () => {
  const run_id = await launched();
  await finished(run_id);
  const stop = () => collector.call('runs.stop', { run_id });
  expect(await Promise.all([stop(), stop(), stop()])).toEqual(Array(3).fill({ stage: 'ended', next_at: null }));
  expect(await get(run_id)).toMatchObject({ status: 'completed', commands: [] });
});

it('two simultaneous stops count as one', async () => {
  const run_id = await launched();
  const stop = () => collector.call('runs.stop', { run_id });
  const [one, other] = await Promise.all([stop(), stop()]);
  expect([one.stage, other.stage]).toEqual(['command', 'command']);
  await until(async () => (await get(run_id)).status === 'killed');
  expect((await get(run_id)).commands.map(({ type }) => type)).toEqual(['stop']);
});

it('a command that the script does not handle is reported as unsupported, and training continues', async () => {
  const run_id = await launched();
  for (const type of ['pause', 'checkpoint_now', 'adjust_lr', 'custom'] as const)
    await collector.call('runs.command', { run_id, type, payload: { lr: 1 } });
  await until(async () => (await get(run_id)).commands.every(({ acks }) => acks.length === 1));
  const { commands, status } = await get(run_id);
  expect(commands.map(({ acks }) => acks[0]?.status)).toEqual(Array(4).fill('unsupported'));
  expect(commands[0]?.acks[0]?.error).toContain("no handler for 'pause'");
  expect(status).toBe('running');
  await finished(run_id);
  // To a run that ended nobody answers, and nothing is started for it.
  const { cmd_id } = await collector.call('runs.command', { run_id, type: 'pause' });
  expect((await get(run_id)).commands.find((one) => one.cmd_id === cmd_id)).toMatchObject({ type: 'pause', acks: [] });
  expect([(await get(run_id)).status, starts()]).toEqual(['completed', 1]);
});

it('a resume names a missing interpreter and starts nothing, and continues with another one', async () => {
  const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)']).toString().trim();
  const link = join(work, 'vanishing-python');
  symlinkSync(python, link);
  const run_id = await launched({ interpreter: link });
  await finished(run_id);
  rmSync(link);
  const gone = {
    data: { code: 'invalid', field: 'interpreter', interpreter: link },
    message: expect.stringContaining(`${link} was not found`),
  };
  await expect(collector.call('runs.resume', { run_id })).rejects.toMatchObject(gone);
  await expect(collector.call('runs.again', { run_id })).rejects.toMatchObject(gone);
  expect([
    (await get(run_id)).attempt,
    (await collector.call('runs.list', {})).rows.some((row) => row.status === 'queued'),
  ]).toEqual([1, false]);
  await collector.call('runs.resume', { run_id, interpreter: python });
  await until(() => starts() === 2);
  await finished(run_id);
  expect(await get(run_id)).toMatchObject({ status: 'completed', attempt: 2 });
});
