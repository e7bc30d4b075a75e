/** A run of four real processes, launched as one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { RunDetail } from '../../../src/protocol/rows';
import { buildCollector, cleanUp, newPlace, RunningCollector, until } from './harness';

const WORKERS = ['worker-0', 'worker-1', 'worker-2', 'worker-3'];
let bundle: string;
let collector: RunningCollector;
let work: string;
let going: string | null = null;

beforeAll(async () => {
  bundle = await buildCollector();
  collector = await RunningCollector.start(bundle, newPlace());
  work = dirname(collector.place.dir);
});
afterEach(async () => {
  if (going) await collector.call('runs.stop', { run_id: going });
  going = null;
});
afterAll(cleanUp);

const get = (run_id: string): Promise<RunDetail> => collector.call('runs.get', { run_id });

async function launch(script: string): Promise<string> {
  const { run_id } = await collector.call('runs.launch', { target: { script }, cwd: work, env: {}, workers: 4 });
  return (going = run_id);
}

/** Trains until `how` says otherwise; tells its pid. */
function trainee(how: string): string {
  const text = `
import os, time, xtrack
worker = os.environ["XTRACK_WORKER_ID"]
open(worker + ".pid", "w").write(str(os.getpid()))
with xtrack.start_run("four") as run:
    run.log_param("who", worker)
    for step in range(1, 10_000):
        ${how}
        run.log_metric("loss", float(step) * (1 + int(worker[-1])), step=step)
        time.sleep(0.1)
`;
  writeFileSync(join(work, 'four.py'), text);
  return 'four.py';
}

it('keeps the points of every worker, their mean where all have reported, and the params and checkpoints of rank 0', async () => {
  copyFileSync(resolve(__dirname, '../../fixtures/seedWorkflow7.py'), join(work, 'seedWorkflow7.py'));
  const run_id = await launch('seedWorkflow7.py');
  await until(async () => (await get(run_id)).attempts[0]?.exit != null);
  going = null;
  const run = await get(run_id);
  expect(run).toMatchObject({ status: 'completed', workers: WORKERS, name: 'distributed_training' });
  expect(run.params).toEqual({ world_size: 4, worker_id: 'worker-0' });
  expect(run.checkpoints.map(({ worker, step }) => [worker, step])).toEqual(
    Array.from({ length: 10 }, (_, i) => ['worker-0', i * 100]),
  );
  const request = { run_id, keys: ['loss'], x: 'step' as const, points: 10_000 };
  const { series } = await collector.call('runs.series', request);
  expect(series.map(({ worker, x }) => [worker, x.length])).toEqual(WORKERS.map((worker) => [worker, 1000]));
  const mean = await collector.call('runs.series', { ...request, aggregate: 'mean' });
  expect(mean.series).toHaveLength(1);
  expect(mean.series[0]?.x).toHaveLength(1000);
  const output = await collector.call('runs.output', { run_id });
  expect(output.files.map(({ worker }) => worker)).toEqual(WORKERS);
});

it('ends the other workers when one dies, and names that one in the failure', async () => {
  const run_id = await launch(trainee('if worker == "worker-2" and step == 30: os.kill(os.getpid(), 9)'));
  await until(async () => ((await get(run_id)).troubles?.length ?? 0) > 0);
  expect(await get(run_id)).toMatchObject({ status: 'running', troubles: [{ worker: 'worker-2', kind: 'gone' }] });
  await until(async () => (await get(run_id)).attempts[0]?.exit != null);
  going = null;
  const run = await get(run_id);
  expect(run).toMatchObject({ status: 'failed', error: 'worker-2 was ended by SIGKILL.', troubles: [] });
  expect(run.attempts[0]?.exit).toEqual({ signal: 'SIGKILL', reason: 'worker-2' });
  expect(run.worker_states.map(({ alive }) => alive)).toEqual([false, false, false, false]);
});

it('names a worker that falls behind, and ends the mean at its last step', async () => {
  const run_id = await launch(trainee('if worker == "worker-1" and step == 10: time.sleep(3600)'));
  await until(async () => ((await get(run_id)).troubles?.length ?? 0) > 0);
  const { troubles, status } = await get(run_id);
  expect(status).toBe('running');
  expect(troubles).toEqual([{ worker: 'worker-1', kind: 'behind', steps: expect.any(Number) }]);
  expect(troubles?.[0]?.steps).toBeGreaterThan(50);
  const request = { run_id, keys: ['loss'], x: 'step' as const, points: 10_000, aggregate: 'mean' as const };
  expect((await collector.call('runs.series', request)).series[0]?.x.at(-1)).toBe(9);
  await collector.call('runs.stop', { run_id });
  await until(async () => (await get(run_id)).status === 'killed');
});

it('resumes a run that a launcher like torchrun started in a terminal with as many workers', async () => {
  const text = `
import os, time, xtrack
path = os.environ.get("XTRACK_RESUME_CHECKPOINT")
first = int(open(path).read()) if path else 0
with xtrack.start_run(name="terminal") as run:
    for step in range(first + 1, first + 6):
        run.log_metric("loss", 1.0, step=step)
    if run.worker_id == "worker-0":
        open("%d.ckpt" % step, "w").write(str(step))
        run.log_checkpoint("%d.ckpt" % step, step)
    if not path: time.sleep(3600)
`;
  writeFileSync(join(work, 'ranks.py'), text);
  const PYTHONPATH = join(dirname(bundle), 'python');
  const start = (rank: string) => {
    const env = { ...process.env, PYTHONPATH, RANK: rank, WORLD_SIZE: '4' };
    return spawn('python3', ['ranks.py'], { cwd: work, env, stdio: 'ignore' });
  };
  const processes = ['0', '1', '2', '3'].map(start);
  const find = async () => (await collector.call('runs.list', { filter: 'name = terminal' })).rows;
  await until(async () => (await find())[0]?.workers.length === 4 && (await find())[0]?.checkpoints === 1);
  const [row, ...others] = await find();
  expect(others).toEqual([]);
  const { run_id } = row!;
  const gone = processes.map((one) => once(one, 'exit'));
  for (const one of processes) one.kill('SIGKILL');
  await Promise.all(gone);
  await until(async () => (await get(run_id)).status === 'failed');
  await collector.call('runs.resume', { run_id });
  await until(async () => (await get(run_id)).attempts[1]?.exit != null);
  expect(await get(run_id)).toMatchObject({ status: 'completed', workers: WORKERS });
  const { series } = await collector.call('runs.series', { run_id, keys: ['loss'], x: 'step', points: 100 });
  expect(series.map(({ worker, x }) => [worker, x.at(-1), x.length])).toEqual(WORKERS.map((one) => [one, 10, 10]));
  expect(readFileSync(join(work, '10.ckpt'), 'utf8')).toBe('10');
});
