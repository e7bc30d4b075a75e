/** Clocks that jump, by hours and in both directions, under a training, its supervisor and the collector. */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  buildCollector,
  cleanUp,
  newPlace,
  RunningCollector,
  temporaryFolder,
  until,
} from '../integration/collector/harness';
import { brokenPromises, farFrom, Trainee } from './trainees';

const HOUR = 3600;
const CLOCK = join(__dirname, 'clock');

let bundle: string;
beforeAll(async () => {
  bundle = await buildCollector();
});
afterAll(cleanUp);

it('clock jumps lose no events, end no runs, and never make a duration negative', async () => {
  const place = newPlace();
  const clock = join(place.runtime, 'clock');
  const jump = (seconds: number) => {
    writeFileSync(`${clock}.new`, String(seconds));
    renameSync(`${clock}.new`, clock);
  };
  jump(0);
  const env = {
    XTRACK_TEST_CLOCK: clock,
    NODE_OPTIONS: `--require ${join(CLOCK, 'preload.cjs')}`,
    PYTHONPATH: `${resolve(__dirname, '../../src/python')}:${CLOCK}`,
  };
  const start = (port = 0) =>
    RunningCollector.start(bundle, place, ['--port', String(port), '--seal-after', '0.3'], env);
  let collector = await start();
  const { port } = collector;
  const folder = temporaryFolder();
  const far = join(folder, 'far');
  const stream = { XTRACK_DIR: join(far, '.xtrack'), ...farFrom({ port, token: collector.token }) };
  const trainees = await Promise.all([
    Trainee.start(place, folder, { id: 'run', worker: 'worker-0', key: 'a', kind: 'supervised' }, env).started(),
    Trainee.start(
      place,
      far,
      { id: 'run', worker: 'worker-1', key: 'b', kind: 'streaming' },
      { ...env, ...stream },
    ).started(),
    Trainee.start(place, folder, { id: 'killed', worker: 'worker-0', key: 'c', kind: 'plain' }, env).started(),
  ]);
  const [supervised, streaming, plain] = trainees;

  const seen = new Set<string>();
  for (const seconds of [2 * HOUR, -HOUR, 400 * 24 * HOUR, HOUR]) {
    jump(seconds);
    for (let look = 0; look < 5; look++) {
      await new Promise((done) => setTimeout(done, 300));
      const { rows } = await collector.call('runs.list', { fields: ['status'] });
      for (const { run_id, status } of rows) seen.add(`${run_id} ${status}`);
    }
    // The last edit counts, whatever the clock said at the one before.
    await collector.call('runs.update', { run_id: 'run', name: `at ${seconds}` });
  }
  expect([...seen].sort()).toEqual(['killed running', 'run running']);
  await collector.signal('SIGKILL');
  jump(-HOUR);
  collector = await start(port);
  const { rows } = await collector.call('runs.update', { run_id: 'run', name: 'at last' });
  expect(rows[0]).toMatchObject({ name: 'at last' });

  plain.killScript();
  await until(async () => (await collector.call('runs.get', { run_id: 'killed' })).status === 'failed');
  // A stop that was asked for is one, though the script's clock says that it ended before.
  await collector.call('runs.stop', { run_id: 'run' });
  jump(-2 * HOUR);
  await streaming.pause(collector, 'run');
  await Promise.all([supervised.stop(), streaming.stop()]);
  const isSealed = (id: string) => existsSync(join(place.dir, 'runs', id, 'seal.json'));
  await until(() => isSealed('run') && isSealed('killed'), 30_000);
  await collector.signal('SIGTERM');
  collector = await start(port);

  expect(await brokenPromises(collector, 'run', [supervised.promised, streaming.promised])).toEqual([]);
  expect(await brokenPromises(collector, 'killed', [plain.promised])).toEqual([]);
  for (const run_id of ['run', 'killed']) {
    const { status, attempts, metrics } = await collector.call('runs.get', { run_id });
    expect(status).toBe(run_id === 'run' ? 'killed' : 'failed');
    expect(attempts.length).toBe(1);
    expect(attempts[0]!.ended! - attempts[0]!.started).toBeGreaterThanOrEqual(0);
    // On the axis of time too nothing is left out.
    for (const [key, { count }] of Object.entries(metrics)) {
      const { series } = await collector.call('runs.series', { run_id, keys: [key], x: 'wall', points: 1_000_000 });
      expect(series.flatMap(({ n }) => n).reduce((sum, n) => sum + n, 0)).toBe(count);
    }
  }
});
