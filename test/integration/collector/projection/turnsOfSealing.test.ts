/** Sealing among everything else that goes on: it waits for others, who do not wait for it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { OpenRuns } from '../../../../src/collector/projection/openRuns';
import { SaveBudget } from '../../../../src/collector/projection/saveBudget';
import { Sealing } from '../../../../src/collector/projection/sealing';
import { Process, tempDir } from '../../../unit/collector/journal/journalFixture';
import { elsewhere, sqlOfTests } from './startedWorkers';

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

function ended(dir: string, runId: string): void {
  const process = new Process(dir, runId, { proc: elsewhere });
  process.metric('loss', 1, 1).log('run_end', { status: 'completed' }).journal.close();
}

it('a run whose turn comes late is kept open for it, and what was waited for is not rested from', async () => {
  const dir = tempDir();
  const runs = new OpenRuns(
    sqlOfTests(),
    false,
    new SaveBudget(),
    () => true,
    () => undefined,
  );
  let isBusy = false;
  const sealing = new Sealing({
    sql: sqlOfTests(),
    runs,
    policy: 'delete',
    afterMs: 0,
    ownsLease: () => true,
    isBusy: () => isBusy,
    candidates: () => [],
    open: () => undefined,
    sealed: (run) => runs.refreshRow(run),
    problem: expect.unreachable,
    reached: (step) => {
      if (step === 'saved') isBusy = true;
    },
  });
  for (const runId of ['run-1', 'run-2']) {
    ended(dir, runId);
    const run = runs.open({ runId, dir: join(dir, 'runs', runId) });
    run.loaded.refresh();
    run.loaded.read(Infinity);
    runs.refreshRow(run);
  }
  const isSealed = (runId: string): boolean => existsSync(join(dir, 'runs', runId, 'seal.json'));
  const closeIdle = (): void =>
    runs.closeIdle(
      (runId) => sealing.isSealing(runId),
      (run) => sealing.isNext(run),
    );

  runs.saveAll();
  sealing.tick();
  await vi.advanceTimersByTimeAsync(600_000);
  closeIdle();
  expect(['run-1', 'run-2'].map(isSealed)).toEqual([false, false]);
  isBusy = false;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(['run-1', 'run-2'].map(isSealed)).toEqual([true, false]);
  isBusy = false;
  await vi.advanceTimersByTimeAsync(5_000);
  expect(['run-1', 'run-2'].map(isSealed)).toEqual([true, true]);
  closeIdle();
  expect(runs.values()).toEqual([]);
  await sealing.stop();
});
