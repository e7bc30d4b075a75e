import { closeSync, mkdirSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Process } from '../../unit/collector/journal/journalFixture';
import { buildCollector, cleanUp, newPlace, RunningCollector } from './harness';

let collector: RunningCollector;
let log: string;

beforeAll(async () => {
  const bundle = await buildCollector();
  collector = await RunningCollector.start(bundle, newPlace());
  new Process(collector.place.dir, 'run-1').log('run_start');
  mkdirSync(join(collector.place.dir, 'runs', 'run-1'), { recursive: true });
  log = join(collector.place.dir, 'runs', 'run-1', 'output-worker-0-1.log');
});
afterAll(cleanUp);

const output = async (request: object) => {
  const chunk = await collector.call('runs.output', { run_id: 'run-1', ...request });
  return { ...chunk, text: Buffer.from(chunk.data, 'base64').toString() };
};

describe('a console log', () => {
  it('with 50 MB of progress bars is read from its end, including the lines in between', async () => {
    const bar = (epoch: number) =>
      Array.from({ length: 40_000 }, (_, i) => `\repoch ${epoch}: ${String(i).padStart(6)}/40000 ━━━━━━━━━━`).join('');
    let text = 'begins\n';
    for (let epoch = 0; epoch < 25; epoch++) text += `${bar(epoch)}\nval_acc ${epoch / 25} (épreuve)\n`;
    writeFileSync(log, text);
    const size = Buffer.byteLength(text);
    expect(size).toBeGreaterThan(50_000_000);
    const end = await output({ tail: 1_000_000 });
    expect(end).toMatchObject({ next: size, size, offset: 0 });
    expect(end.text.length).toBeLessThan(10_000);
    expect(end.text).toContain('begins');
    expect(end.text).toContain('val_acc 0.4 (épreuve)');
    expect(end.text).toContain('epoch 24:  39999/40000');
    const page = await output({ offset: 0, limit: 100_000, collapse: true });
    expect(page.next).toBe(100_000);
    expect(page.text.length).toBeLessThan(500);
    expect((await output({ offset: 0, limit: 100_000 })).text).toHaveLength(
      Buffer.from(text).subarray(0, 100_000).toString().length,
    );
  });

  it('without progress bars is read from the beginning of a line', async () => {
    writeFileSync(log, Array.from({ length: 400_000 }, (_, i) => `line ${i}\n`).join(''));
    const end = await output({ tail: 10_000 });
    expect(end.text).toMatch(/^line \d+\n/);
    expect(end.text).toMatch(/line 399999\n$/);
    expect(end.offset + Buffer.byteLength(end.text)).toBe(end.size);
    expect(end.text.length).toBeGreaterThan(9_000);
  });

  it('with a hole is read beyond it, and a truncated one to its new end', async () => {
    writeFileSync(log, 'before\n');
    const hole = 30_000_000;
    truncateSync(log, hole);
    const fd = openSync(log, 'r+');
    writeSync(fd, 'after\n', hole);
    closeSync(fd);
    const first = await output({ offset: 0, limit: 7 });
    expect(first).toMatchObject({ text: 'before\n', next: 7 });
    expect(await output({ offset: 7 })).toMatchObject({ text: 'after\n', offset: hole, next: hole + 6 });
    expect((await output({ tail: 1000 })).text).toContain('after\n');
    truncateSync(log, 3);
    expect(await output({ offset: hole })).toMatchObject({ data: '', offset: 3, next: 3, size: 3 });
    expect(await output({ offset: 0 })).toMatchObject({ text: 'bef' });
  });
});
