/** A process that goes on after its script ended the run: it can be stopped, and counts until it exits. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { RunDetail } from '../../../src/protocol/rows';
import { buildCollector, cleanUp, newPlace, RunningCollector, until } from './harness';

let collector: RunningCollector;
let work: string;

beforeAll(async () => {
  collector = await RunningCollector.start(await buildCollector(), newPlace());
  work = dirname(collector.place.dir);
});
beforeEach(() => rmSync(join(work, 'starts'), { force: true }));
afterAll(cleanUp);

const get = (run_id: string): Promise<RunDetail> => collector.call('runs.get', { run_id });
const starts = (): string => (existsSync(join(work, 'starts')) ? readFileSync(join(work, 'starts'), 'utf8') : '');

/** Trains, says that it is done, and then does what `after` says. */
async function trained(after: string, more: object = {}): Promise<string> {
  const text = `
import os, sys, time, xtrack
open("starts", "a").write("x")
with xtrack.start_run() as run:
    run.log_metric("loss", 1.0, step=1)
    open("1.ckpt", "w").write("1")
    run.log_checkpoint("1.ckpt", 1)
${after}
`;
  writeFileSync(join(work, 'train.py'), text);
  const request = { target: { script: 'train.py' }, cwd: work, env: {}, ...more };
  const { run_id } = await collector.call('runs.launch', request);
  await until(async () => (await get(run_id)).status === 'completed');
  return run_id;
}

const exitOf = async (run_id: string, attempt: number) => {
  await until(async () => (await get(run_id)).attempts[attempt - 1]?.exit != null);
  return (await get(run_id)).attempts[attempt - 1]!.exit;
};

/** As the tree and the panel ask for it, which offer a stop by it. */
const shownAsLiving = async (run_id: string): Promise<boolean> =>
  (await collector.call('runs.list', {})).rows.some((row) => row.run_id === run_id && row.lives === true);

it('a process that outlives the end of its run blocks resuming, and can be stopped', async () => {
  const run_id = await trained('time.sleep(120)');
  expect((await get(run_id)).lives).toBe(true);
  expect(await shownAsLiving(run_id)).toBe(true);
  const goesOn = { data: { code: 'conflict' }, message: expect.stringContaining('its script is still running') };
  await expect(collector.call('runs.resume', { run_id })).rejects.toMatchObject(goesOn);
  const [one, other] = await Promise.all([
    collector.call('runs.stop', { run_id }),
    collector.call('runs.stop', { run_id }),
  ]);
  expect([one.stage, other.stage]).toEqual(['command', 'command']);
  expect((await collector.call('runs.stop', { run_id })).stage).toMatch(/command|int/);
  expect(await exitOf(run_id, 1)).toMatchObject({ signal: 'SIGINT' });
  await until(async () => !(await get(run_id)).lives);
  expect(await shownAsLiving(run_id)).toBe(false);
  expect(await get(run_id)).toMatchObject({ status: 'killed', attempt: 1 });
  expect(await collector.call('runs.stop', { run_id })).toEqual({ stage: 'ended', next_at: null });
  expect(starts()).toBe('x');
});

it('a process that fails after the end of its run is restarted if its profile says so', async () => {
  const run_id = await trained('time.sleep(2)\nif os.environ["XTRACK_ATTEMPT"] == "1": sys.exit(3)', {
    recovery: { policy: 'on-failure', backoff_s: 0.2 },
  });
  expect(await exitOf(run_id, 1)).toMatchObject({ code: 3 });
  await until(async () => (await get(run_id)).attempt === 2);
  expect(await exitOf(run_id, 2)).toMatchObject({ code: 0 });
  expect([(await get(run_id)).status, starts()]).toEqual(['completed', 'xx']);
});

it('a process that outlives the end of its run is shown until it exits, even without its supervisor', async () => {
  const run_id = await trained('open("supervisor", "w").write(str(os.getppid()))\ntime.sleep(120)');
  await until(() => existsSync(join(work, 'supervisor')));
  await until(() => shownAsLiving(run_id));
  process.kill(Number(readFileSync(join(work, 'supervisor'), 'utf8')), 'SIGKILL');
  await new Promise((done) => setTimeout(done, 1500));
  expect(await shownAsLiving(run_id)).toBe(true);
  await collector.call('runs.stop', { run_id });
  await until(async () => !(await shownAsLiving(run_id)));
});
