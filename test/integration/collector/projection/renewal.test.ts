import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HeapWatch } from '../../../../src/collector/projection/heapWatch';
import { WorkerClient } from '../../../../src/collector/server/workerClient';
import { buildCollector, cleanUp } from '../harness';
import { Process, tempDir } from '../../../unit/collector/journal/journalFixture';
import { elsewhere } from './startedWorkers';

const MB = 2 ** 20;

describe('the watch over memory', () => {
  const watch = () => {
    const state = { now: 0, rss: 100 * MB, needed: 20 * MB };
    const heap = new HeapWatch({
      limit: 250 * MB,
      rss: () => state.rss,
      needed: () => state.needed,
      now: () => state.now,
    });
    const after = (ms: number, rss: number): boolean => {
      state.now += ms;
      state.rss = rss * MB;
      return heap.isTooMuch();
    };
    return { state, heap, after };
  };

  it('asks for a new thread when much more is held than is needed, and nobody asks anything', () => {
    const { heap, state, after } = watch();
    expect(after(1000, 100)).toBe(false);
    expect(after(60_000, 200)).toBe(false);
    expect(after(1000, 500)).toBe(true);
    heap.noteRequest();
    expect(after(1000, 500)).toBe(false);
    state.needed = 400 * MB;
    expect(after(10_000, 500)).toBe(false);
  });

  it('asks for none that would be as large at once', () => {
    const { after } = watch();
    for (let second = 0; second < 20; second++) expect(after(1000, 400)).toBe(false);
    expect(after(60_000, 500)).toBe(false);
    expect(after(1000, 700)).toBe(true);
  });
});

describe('a store’s thread that is begun anew', () => {
  let bundle: string;
  beforeAll(async () => {
    bundle = await buildCollector();
  });
  afterAll(cleanUp);

  it('answers everything that was asked before, meanwhile and after', async () => {
    const dir = tempDir();
    const script = new Process(dir, 'run-1', { proc: elsewhere }).log('run_start');
    for (let i = 0; i < 500; i++) script.metric('loss', i, i);
    const seal = { journals: 'keep', afterMs: 0 } as const;
    const client = new WorkerClient(bundle, { role: 'store', dir, readOnly: false, seal });
    try {
      await client.call('bell', { run_id: 'run-1' });
      const counts: number[] = [];
      let asking = true;
      const asked = (async () => {
        while (asking) {
          const [{ metrics }, { total }] = await Promise.all([
            client.call('runs.get', { run_id: 'run-1' }),
            client.call('runs.list', {}),
          ]);
          counts.push(metrics['loss']!.count, total);
        }
      })();
      const thread = () => (client as unknown as { worker: { threadId: number } }).worker.threadId;
      const threads = new Set([thread()]);
      for (let renewals = 0; renewals < 3; renewals++) {
        const before = counts.length;
        client.renew();
        while (threads.has(thread()) || counts.length < before + 20)
          await new Promise((resolve) => setTimeout(resolve, 10));
        threads.add(thread());
      }
      asking = false;
      await asked;
      expect(new Set(counts)).toEqual(new Set([500, 1]));
      script.metric('loss', 1, 500);
      await client.call('bell', { run_id: 'run-1', file: script.journal.file });
      expect((await client.call('runs.get', { run_id: 'run-1' })).metrics['loss']?.count).toBe(501);
      await client.call('shutdown', {});
    } finally {
      client.dispose();
    }
  });
});
