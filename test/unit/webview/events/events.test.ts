import { describe, expect, it, vi } from 'vitest';
import type { PanelPage, RunEvent } from '../../../../src/protocol/panel';
import { EventLoader } from '../../../../webview/model/eventLoader';
import { describeEvent, withoutRepeats } from '../../../../webview/events/eventText';

function event(type: string, payload: RunEvent['payload'], more: Partial<RunEvent> = {}): RunEvent {
  return { worker: 'worker-0', attempt: 1, ts: 1, type, payload, ...more };
}

describe('an event in one line', () => {
  it.each([
    [event('run_start', { run_id: 'r', name: 'first' }, { attempt: 2 }), 'attempt 2 started: first'],
    [event('run_end', { status: 'failed', error: { type: 'ValueError', message: 'no' } }), 'failed, ValueError: no'],
    [event('run_end', { status: 'killed', exit: { signal: 'SIGKILL' } }), 'killed, SIGKILL'],
    [event('param', { key: 'model', nested_key: ['depth'], value: 3 }), 'model.depth = 3'],
    [event('status', { status: 'training', progress: { cur: 3, total: 9, unit: 'epochs' } }), 'training, 3/9 epochs'],
    [event('log', { level: 'info', msg: 'hello', fields: { a: 1 } }), 'hello {"a":1}'],
    [event('checkpoint', { path: 'c.pt', step: 40, is_best: true }), 'c.pt, step 40, best'],
    [event('log', { msg: 'hi' }, { worker: 'worker-3' }), 'worker-3: hi'],
    [
      event('source', {
        source: { entrypoint: 'a.py', git_commit: '0123456789abcdef', git_branch: 'main', git_diff: '+1' },
        env: { python_version: '3.11.7', packages: { numpy: '2', torch: '2' } },
      }),
      'a.py, 0123456789 main, uncommitted changes, Python 3.11.7, 2 packages',
    ],
    [event('something_new', { run_id: 'r', size: 3, name: null }), 'size 3'],
    [event('log', null), ''],
  ])('%#', (one, text) => expect(describeEvent(one)).toBe(text));
});

it('repeated progress is listed once, with its latest value', () => {
  const status = (msg: string, cur: number, worker = 'worker-0'): RunEvent =>
    event('status', { status: 'training', msg, progress: { cur, total: 9, unit: 'steps' } }, { worker });
  const warning = event('log', { level: 'warning', msg: 'slow' });
  const newest = [status('b', 4), status('b', 3), warning, status('b', 2, 'worker-1'), status('b', 2), status('a', 1)];
  expect(withoutRepeats(newest)).toEqual([newest[0], warning, newest[3], newest[5]]);
});

describe('the events of a run', () => {
  const all = Array.from({ length: 2500 }, (_, i) => event('log', { msg: `line ${i}` }));
  const ask = vi.fn(async (_run: string, offset: number, limit: number): Promise<PanelPage<RunEvent>> => {
    const items = all.slice(offset, offset + limit);
    return { items, next: offset + items.length, total: all.length };
  });
  const settled = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 700));

  it('are loaded page by page, then only new ones', async () => {
    const loader = new EventLoader('r', ask, () => undefined, expect.unreachable);
    loader.poke();
    loader.poke();
    await vi.waitFor(() => expect(loader.events).toHaveLength(2500));
    expect(ask.mock.calls.map(([, offset]) => offset)).toEqual([0, 1000, 2000]);
    all.push(event('log', { msg: 'newest' }));
    loader.poke();
    await settled();
    expect(ask).toHaveBeenLastCalledWith('r', 2500, 1000);
    expect(loader.events.at(-1)!.payload).toEqual({ msg: 'newest' });
  });

  it('report a failed load, and continue from there the next time', async () => {
    const told: string[] = [];
    const loader = new EventLoader(
      'r',
      vi.fn(ask).mockRejectedValueOnce(new Error('gone')),
      () => undefined,
      (message) => told.push(message),
    );
    loader.poke();
    await vi.waitFor(() => expect(told).toEqual(['gone']));
    loader.poke();
    await vi.waitFor(() => expect(loader.events).toHaveLength(all.length));
  });
});
