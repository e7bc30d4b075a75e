/** Workflow 6 of the XTrack guide by a launch profile: its script, unmodified, is killed and goes on by itself. */
import { copyFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LaunchProfile, profileRequest } from '../../../src/editor/launch/launchProfile';
import type { RunDetail } from '../../../src/protocol/rows';
import { scripts } from '../../ui/journals';
import { buildCollector, cleanUp } from './harness';
import { Launches } from './launches';

let launches: Launches;

beforeAll(async () => {
  launches = await Launches.begin(await buildCollector());
  copyFileSync(resolve(__dirname, '../../fixtures/seedWorkflow6.py'), launches.path('seedWorkflow6.py'));
});
afterAll(cleanUp);

async function launch(epochSeconds: string): Promise<string> {
  const profile: LaunchProfile = {
    name: 'workflow 6',
    script: 'seedWorkflow6.py',
    env: { EPOCH_SECONDS: epochSeconds },
    recovery: { policy: 'on-failure', maxAttempts: 3, backoffSeconds: 0.2 },
  };
  const { run_id } = await launches.collector.call('runs.launch', profileRequest(profile, launches.work, process.env));
  return run_id;
}

const epoch = ({ metrics }: RunDetail): number => metrics['train_loss']?.last_x ?? -1;

it('each SIGKILL begins an attempt from the last checkpoint, and the curve is that of an uninterrupted training', async () => {
  const run_id = await launch('0.03');
  const from: string[] = [];
  for (const [attempt, beyond] of [
    [1, 20],
    [2, 50],
  ] as const) {
    const run = await launches.until(run_id, (one) => one.attempt === attempt && epoch(one) > beyond);
    const one = scripts(launches.work, run_id).find(({ attempt: of }) => of === attempt);
    process.kill(one!.proc.pid, 'SIGKILL');
    const failed = await launches.until(run_id, ({ attempts }) => attempts[attempt - 1]?.exit != null);
    expect(failed.attempts[attempt - 1]?.exit).toEqual({ signal: 'SIGKILL' });
    from.push(failed.checkpoints.findLast((each) => each.attempt === attempt)!.file!);
    expect(epoch(failed)).toBeGreaterThanOrEqual(epoch(run));
  }
  const done = await launches.exits(run_id, 3);
  expect(done).toMatchObject({ status: 'completed', attempt: 3, run_id });
  expect(done.attempts.map((one) => one.from_checkpoint)).toEqual([null, ...from]);

  const request = { run_id, keys: ['train_loss'], x: 'epoch' as const, points: 1000 };
  const [curve] = (await launches.collector.call('runs.series', request)).series;
  const epochs = Array.from({ length: 100 }, (_, at) => at);
  expect(curve?.x).toEqual(epochs);
  let weight = 4;
  const unbroken = epochs.map(() => (weight -= 0.02 * weight) ** 2);
  curve?.last.forEach((loss, at) => expect(loss).toBeCloseTo(unbroken[at]!, 12));
  const { lines } = await launches.collector.call('runs.logs', { run_id });
  const resumed = lines.filter(({ message }) => message === 'Resumed from checkpoint');
  expect(resumed).toHaveLength(2);
});

it('a script that dies at once stays failed, and says why it is not restarted', async () => {
  const run_id = await launch('soon');
  const told = await launches.until(run_id, ({ warnings }) => warnings.some(({ code }) => code === 'recovery'));
  expect(told).toMatchObject({ status: 'failed', attempt: 1, error: expect.stringContaining('ValueError') });
  expect(told.warnings.find(({ code }) => code === 'recovery')?.message).toContain('logged no checkpoint');
});
