/** What proves a database, before journals are removed or when somebody asks, reads journals another way than the collector. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { parseJson } from '../../../../src/base/frames';
import { verifyRun } from '../../../../src/collector/projection/verify';
import { Process, tempDir } from '../../../unit/collector/journal/journalFixture';
import { until } from '../harness';
import { elsewhere, points, rowOf, sqlOfTests, start } from './startedWorkers';

/** The short cut, if it read a number or a line wrong. */
vi.mock('../../../../src/collector/journal/envelopeForms', () => ({
  EnvelopeForms: class {
    parse = (bytes: Buffer, from: number, to: number): unknown =>
      parseJson(
        bytes.toString('utf8', from, to).replace('"value":0.5', '"value":0.25').replace('train.py:1"', 'train.py:2"'),
      );
  },
}));

it('a number that was read wrong is found, and its journal stays', async () => {
  const dir = tempDir();
  const script = new Process(dir, 'run-1', { proc: elsewhere })
    .log('run_start')
    .metric('loss', 0.5, 1)
    .log('run_end', { status: 'completed' });
  const { worker, end } = start(dir, { seal: { journals: 'delete', afterMs: 0 } });
  await until(() => rowOf(worker, 'run-1')?.status === 'completed');
  expect(await points(worker, 'run-1', 'loss')).toEqual([0.25]);
  const warnings = async () => (await worker.queries['runs.get']({ run_id: 'run-1' })).warnings;
  await until(async () => (await warnings()).length > 0);
  expect(await warnings()).toMatchObject([{ code: 'not_sealed', message: expect.stringContaining('points differ') }]);
  end();
  expect(readdirSync(join(dir, 'runs', 'run-1'))).toContain(script.journal.file);
  const { findings } = await verifyRun(sqlOfTests(), { runId: 'run-1', dir: join(dir, 'runs', 'run-1') });
  expect(findings).toMatchObject([{ level: 'error', message: expect.stringContaining('points differ') }]);
});

it('a line of code that was read wrong is found, and its journal stays', async () => {
  const dir = tempDir();
  const script = new Process(dir, 'run-1', { proc: elsewhere }).log('run_start');
  script.journal.appendAll([
    { t: 'metric', p: { run_id: 'run-1', key: 'loss', value: 1, step: 1 }, at: 'train.py:1' },
    { t: 'run_end', p: { run_id: 'run-1', status: 'completed' } },
  ]);
  const { worker } = start(dir, { seal: { journals: 'delete', afterMs: 0 } });
  const warnings = async () => (await worker.queries['runs.get']({ run_id: 'run-1' })).warnings;
  await until(async () => (await warnings()).length > 0);
  const message = expect.stringContaining('the lines that logged it differ') as string;
  expect(await warnings()).toMatchObject([{ code: 'not_sealed', message }]);
  expect(readdirSync(join(dir, 'runs', 'run-1'))).toContain(script.journal.file);
});
