/** A script that prints a gigabyte: the disk does not fill, everybody is answered, and its end is told. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { OutputTerminals } from '../../../src/editor/output/outputTerminals';
import { buildCollector, cleanUp, until } from './harness';
import { Launches } from './launches';
import { log, windowOn } from './window';

vi.mock('vscode', () => import('./window'));

const MB = 2 ** 20;
const FLOOD = `
import sys, time, xtrack
run = xtrack.start_run("flood")
print("the first words", flush=True)
block = (b"x" * 63 + b"\\n") * (16 * 1024)
for megabyte in range(1024):
    sys.stdout.buffer.write(block)
    if megabyte % 16 == 0:
        run.log_metric("megabytes", megabyte, step=megabyte)
        time.sleep(0.05)
print("the last words")
sys.exit(3)
`;

let launches: Launches;

beforeAll(async () => {
  launches = await Launches.begin(await buildCollector());
});
afterAll(cleanUp);

it('a script that floods its console keeps the beginning and the end within the size limit', async () => {
  const run_id = await launches.launch(FLOOD, { env: { XTRACK_OUTPUT_LIMIT_MB: '16' } });
  let shown = '';
  const codes: number[] = [];
  const terminal = new OutputTerminals(windowOn(launches), log).follow(run_id);
  terminal.onWrite((text) => (shown += text));
  terminal.onEnd((code) => codes.push(code));

  const file = join(launches.collector.place.dir, 'runs', run_id, 'output-worker-0-1.log');
  const onDisk = (): number => (statSync(file, { throwIfNoEntry: false })?.blocks ?? 0) * 512;
  let [most, answers] = [0, 0];
  await until(async () => {
    most = Math.max(most, onDisk());
    const { data } = await launches.collector.call('runs.output', { run_id, tail: 1000 }).catch(() => ({ data: '' }));
    if (Buffer.from(data, 'base64').toString().includes('xxxx')) answers++;
    return (await launches.get(run_id)).attempts[0]?.exit != null;
  });
  expect(answers).toBeGreaterThan(10);
  expect(most).toBeLessThan(400 * MB);
  expect(await launches.get(run_id)).toMatchObject({
    status: 'failed',
    attempts: [{ exit: { code: 3 } }],
    metrics: { megabytes: { last: 1008, count: 64 } },
  });
  // Seconds after the end it is one file without holes, which says what is not in it.
  await until(() => onDisk() < 18 * MB, 60_000, onDisk);
  const whole = await launches.output(run_id, { offset: 0, limit: 100 });
  expect(whole.startsWith('the first words\nxxxx')).toBe(true);
  await until(async () => (await launches.output(run_id, { tail: 1000 })).endsWith('xxx\nthe last words\n'));
  await until(() => codes.length > 0);
  expect(codes).toEqual([3]);
  expect(shown).toContain('the last words\r\n');
  expect(shown.length).toBeLessThan(64 * MB);
  terminal.dispose();
});
