/** A script with threads and forked children, all of which log, while its collector reads, and after it sealed the run. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import {
  buildCollector,
  cleanUp,
  newPlace,
  RunningCollector,
  temporaryFolder,
  until,
} from '../integration/collector/harness';
import { brokenPromises } from './trainees';

afterAll(cleanUp);

it('threads, forks and forks of forks log to one run, without losing a point', async () => {
  const place = newPlace();
  const collector = await RunningCollector.start(await buildCollector(), place, ['--seal-after', '0.3']);
  const { stdout } = await promisify(execFile)('python3', [join(__dirname, 'forksAndThreads.py')], {
    cwd: temporaryFolder(),
    env: {
      ...process.env,
      PYTHONPATH: resolve(__dirname, '../../src/python'),
      XDG_RUNTIME_DIR: place.runtime,
      XTRACK_DIR: place.dir,
      XTRACK_RUN_ID: 'one',
    },
  });
  const promised = Object.entries(JSON.parse(stdout) as Record<string, number>);
  const promises = promised.map(([key, points]) => ({ key, points, lines: 1 }));
  expect(promises.length).toBe(15);
  const ended = async () => (await collector.call('runs.list', { filter: 'status = completed' })).total === 1;
  await until(ended);
  expect(await brokenPromises(collector, 'one', promises)).toEqual([]);
  await until(() => existsSync(join(place.dir, 'runs', 'one', 'seal.json')), 20_000);
  expect(await brokenPromises(collector, 'one', promises)).toEqual([]);
  const { attempts, status, warnings } = await collector.call('runs.get', { run_id: 'one' });
  expect({ attempts: attempts.length, status, warnings }).toEqual({ attempts: 1, status: 'completed', warnings: [] });
});
