import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LoadedRun } from '../../../../src/collector/projection/loadedRun';
import { Process, tempDir } from '../../../unit/collector/journal/journalFixture';
import { elsewhere, sqlOfTests } from './startedWorkers';

it('a worker that logs faster than it is read does not keep the others of its run waiting', () => {
  const dir = tempDir();
  const fast = new Process(dir, 'run-1', { proc: elsewhere, worker: 'worker-0' });
  const more = Array.from({ length: 5000 }, (_, step) => ({
    t: 'metric',
    p: { run_id: 'run-1', key: 'fast', value: step, step },
  }));
  fast.journal.appendAll(more);
  new Process(dir, 'run-1', { proc: elsewhere, worker: 'worker-1' }).metric('slow', 1, 1);
  const run = LoadedRun.open(sqlOfTests(), { runId: 'run-1', dir: join(dir, 'runs', 'run-1') }, true);
  // It grows with every turn, and no turn is long enough for it.
  for (let turn = 0; turn < 3; turn++) {
    expect(run.read(0)).toBe(false);
    fast.journal.appendAll(more);
    run.refresh();
  }
  expect(run.store.summaries()['slow']?.count).toBe(1);
  run.close();
});
