/** An imported run that goes on elsewhere, as the collector's clients see it. */
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ImportJournal } from '../../../src/collector/journal/importJournal';
import { thisProcess } from '../../../src/collector/files/processIdentity';
import { buildCollector, cleanUp, newPlace, RunningCollector, until } from './harness';

afterAll(cleanUp);

it('an imported run that has not ended cannot be stopped here, but it can be deleted', async () => {
  const place = newPlace();
  const run_id = 'imported-1';
  const journal = ImportJournal.open(join(place.dir, 'runs', run_id), {
    format: 1,
    run_id,
    worker: 'worker-0',
    attempt: 1,
    writer: 'source7',
    // The process that imports must never be signalled for the run.
    proc: thisProcess(),
    client: 'test',
  });
  const ts = Date.UTC(2020, 0, 1) * 1000;
  journal.append([{ t: 'run_start', ts, p: { run_id } }], { kind: 'pylon', path: '/old/runs', id: '7' }, 1);
  journal.close();
  const collector = await RunningCollector.start(await buildCollector(), place);
  await until(async () => (await collector.call('runs.get', { run_id })).status === 'running');
  const conflict = { data: { code: 'conflict', audience: 'user' } };
  await expect(collector.call('runs.stop', { run_id })).rejects.toMatchObject(conflict);
  await expect(collector.call('runs.stop', { run_id })).rejects.toThrow('cannot be stopped here');
  expect(await collector.call('runs.get', { run_id })).toMatchObject({ commands: [], stop: null });
  await collector.call('runs.update', { run_id, deleted: true });
  expect(await collector.call('runs.purge', { run_ids: [run_id], wait: true })).toMatchObject({ state: 'done' });
  await expect(collector.call('runs.get', { run_id })).rejects.toMatchObject({ data: { code: 'not_found' } });
});
