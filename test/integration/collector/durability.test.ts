/** A script that is killed right after its 10,000th log call has lost nothing, whoever was listening. */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildCollector, cleanUp, newPlace, RunningCollector, until, type Place } from './harness';

const CALLS = 10_000;
const SCRIPT = `
import os, signal
from xtrack import Tracker
run = Tracker.start_run(name="killed")
for step in range(${CALLS}):
    run.log_metric("loss", step / 7, step=step)
os.kill(os.getpid(), signal.SIGKILL)
`;

let bundle: string;

beforeAll(async () => {
  bundle = await buildCollector();
});
afterAll(cleanUp);

function train(place: Place, runId: string): Promise<ChildProcess> {
  const script = join(dirname(bundle), 'train.py');
  writeFileSync(script, SCRIPT);
  const child = spawn('python3', [script], {
    env: {
      ...process.env,
      XDG_RUNTIME_DIR: place.runtime,
      PYTHONPATH: resolve(__dirname, '../../../src/python'),
      XTRACK_DIR: place.dir,
      XTRACK_RUN_ID: runId,
      XTRACK_ATTEMPT: '1',
      XTRACK_WORKER_ID: 'worker-0',
    },
    stdio: 'inherit',
  });
  return new Promise((done) => child.once('exit', () => done(child)));
}

async function expectWhole(collector: RunningCollector, runId: string, writers: number): Promise<void> {
  await until(async () => {
    const known = await collector.call('runs.list', {});
    const isRead = known.backlog_bytes === 0;
    return isRead && known.rows.some(({ run_id, status }) => run_id === runId && status === 'failed');
  });
  const row = await collector.call('runs.get', { run_id: runId });
  expect(row.metrics['loss']).toMatchObject({ count: writers * CALLS, last: (CALLS - 1) / 7, nan: 0, inf: 0 });
  expect(row.warnings).toEqual([]);
  const question = { run_id: runId, keys: ['loss'], x: 'step' as const, points: writers * CALLS };
  const { series } = await collector.call('runs.series', question);
  const logged = Array.from({ length: writers * CALLS }, (_, i) => Math.floor(i / writers));
  expect(series.map(({ worker, exact }) => ({ worker, exact }))).toEqual([{ worker: 'worker-0', exact: true }]);
  expect(series[0]!.x).toEqual(logged);
  expect(series[0]!.last).toEqual(logged.map((step) => step / 7));
}

describe('a script killed after its 10,000th log call', () => {
  it('loses no event with a running collector', async () => {
    const place = newPlace();
    const collector = await RunningCollector.start(bundle, place);
    expect((await train(place, 'watched')).signalCode).toBe('SIGKILL');
    await expectWhole(collector, 'watched', 1);
    await collector.signal('SIGTERM');
  });

  it('loses no event without a collector, even when every database is deleted later', async () => {
    const place = newPlace();
    await train(place, 'alone');
    const first = await RunningCollector.start(bundle, place);
    await expectWhole(first, 'alone', 1);
    await first.signal('SIGTERM');
    rmSync(join(place.dir, 'catalog.sqlite'));
    rmSync(join(place.dir, 'runs', 'alone', 'run.sqlite'));
    const second = await RunningCollector.start(bundle, place);
    await expectWhole(second, 'alone', 1);
    await second.signal('SIGTERM');
  });

  it.each([true, false])(
    'has lost nothing when two claim the same worker id (collector running: %s)',
    async (running) => {
      const place = newPlace();
      const early = running ? await RunningCollector.start(bundle, place) : null;
      await Promise.all([train(place, 'twins'), train(place, 'twins')]);
      const collector = early ?? (await RunningCollector.start(bundle, place));
      await expectWhole(collector, 'twins', 2);
      await collector.signal('SIGTERM');
    },
  );
});
