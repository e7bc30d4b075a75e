import { afterEach, describe, expect, it } from 'vitest';
import { Emitter } from '../../../src/base/emitter';
import type { Method, Request, Results } from '../../../src/protocol/api';
import { userError } from '../../../src/protocol/apiError';
import { newPanelState, type ReplyMessage, type RunsMessage, type ToPanel } from '../../../src/protocol/panel';
import type { Changed, RunRow } from '../../../src/protocol/rows';
import { PanelSession } from '../../../src/editor/charts/panelSession';
import type { RunSource } from '../../../src/editor/charts/ports';

/** A collector that knows two runs and writes down what is watched. */
class Collector implements RunSource {
  readonly changed = new Emitter<{ change: Changed }>();
  readonly stateChanged = new Emitter<void>();
  readonly onChanged = this.changed.event;
  readonly onState = this.stateChanged.event;
  readonly watched = new Set<string>();
  readonly calls: { method: Method; params: unknown }[] = [];
  state: RunSource['state'] = 'connected';
  failure: Error | null = null;
  rows = new Map([row('a'), row('b')].map((one) => [one.run_id, one]));

  forRun(run_id: string): ReturnType<RunSource['forRun']> {
    if (!this.rows.has(run_id)) return Promise.reject(userError('not_found', `no ${run_id}`));
    return Promise.resolve(this);
  }

  watch(_run: string, topic: string): { dispose(): void } {
    this.watched.add(topic);
    return { dispose: () => this.watched.delete(topic) };
  }

  call<M extends Method>(method: M, params: Request<M>): Promise<Results[M]> {
    if (this.failure !== null) return Promise.reject(this.failure);
    this.calls.push({ method, params });
    const rows = [...this.rows.values()].filter((one) => JSON.stringify(params).includes(`"${one.run_id}\\"`));
    const answer =
      method === 'runs.series' ? { series: [] } : { rows, total: rows.length, cursor: null, backlog_bytes: 0 };
    return Promise.resolve(answer as unknown as Results[M]);
  }

  grow(run_id: string): void {
    this.changed.fire({ change: { topic: `series:${run_id}`, rev: 1 } });
  }
}

function row(run_id: string): RunRow {
  const stop = run_id === 'b' ? { stage: 'int', next_at: 7 } : null;
  return {
    run_id,
    name: `run ${run_id}`,
    status: 'running',
    stop,
    metrics: {},
    params: {},
    rev: 1,
  } as unknown as RunRow;
}

const owned: { dispose(): void }[] = [];
afterEach(() => owned.splice(0).forEach((one) => one.dispose()));

function open(run_ids: string[]): { session: PanelSession; collector: Collector; sent: ToPanel[]; done: string[] } {
  const collector = new Collector();
  const sent: ToPanel[] = [];
  const done: string[] = [];
  const note = (what: string): Promise<void> => {
    done.push(what);
    return Promise.resolve();
  };
  const session = new PanelSession(
    {
      source: collector,
      colors: { of: (run_id) => ({ color: run_id === 'a' ? 3 : 4, dash: 0 }) },
      actions: {
        stop: (run_id) => note(`stop ${run_id}`).then(() => ({ stage: 'command' as const, next_at: 5 })),
        resume: (run_id, checkpoint) => note(`resume ${run_id} ${checkpoint ?? 'last'}`),
        again: (run_id) => note(`again ${run_id}`),
        showOutput: (run_id) => note(`output ${run_id}`),
        editNotes: (run_id) => note(`notes ${run_id}`),
      },
      editor: {
        command: (run_id, type) => note(`command ${type} ${run_id}`),
        open: (_run, file, line) => note(`open ${file}:${line}`),
        read: (file) => note(`read ${file}`).then(() => Uint8Array.of(1, 2)),
        reveal: (_run, file) => note(`reveal ${file}`),
        copy: (text) => note(`copy ${text}`),
        copied: () => void note('copied'),
        link: (url) => note(`link ${url}`),
        save: (name, kind) => note(`save ${name}.${kind}`),
      },
      views: {
        names: () => ['mine'],
        get: (name) => (name === 'mine' ? { ...newPanelState([]), group: 'params.lr' } : undefined),
        save: (state) => note(`view of ${state.run_ids.length} runs`),
        remove: (name) => note(`no view ${name}`),
      },
      keyMetric: () => 'val/f1',
      log: () => undefined,
    },
    newPanelState(run_ids),
    (message) => sent.push(message),
    () => undefined,
  );
  owned.push(session);
  return { session, collector, sent, done };
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const snapshots = (sent: ToPanel[]): RunsMessage[] => sent.filter((one): one is RunsMessage => one.kind !== 'reply');
const replies = (sent: ToPanel[]): ReplyMessage[] => sent.filter((one): one is ReplyMessage => one.kind === 'reply');

describe('a chart panel session', () => {
  it('sends all rows when the panel is ready, in the requested order, with their colours', async () => {
    const { session, sent } = open(['b', 'a']);
    session.receive({ kind: 'ready' });
    await expect.poll(() => snapshots(sent).length).toBe(1);
    const [first] = snapshots(sent);
    expect(first!.kind).toBe('runs');
    expect(first!.connection).toBe(true);
    expect(first!.runs.map((run) => [run.row.run_id, run.color])).toEqual([
      ['b', 4],
      ['a', 3],
    ]);
    expect(first!.runs.map((run) => run.stop)).toEqual([{ stage: 'int', next_at: 7 }, undefined]);
  });

  it('sends a change at once, and a flood of changes a few times a second', async () => {
    const { session, collector, sent } = open(['a']);
    session.receive({ kind: 'ready' });
    await expect.poll(() => snapshots(sent).length).toBe(1);
    await wait(120);
    const began = performance.now();
    collector.grow('a');
    await expect.poll(() => snapshots(sent).length, { interval: 2 }).toBe(2);
    for (let i = 0; i < 100; i++) {
      collector.grow('a');
      await wait(5);
    }
    expect(snapshots(sent).length).toBeLessThanOrEqual(2 + 1 + Math.ceil((performance.now() - began) / 60));
    expect(snapshots(sent).length).toBeGreaterThan(4);
  });

  it('sends nothing about other runs', async () => {
    const { collector, sent } = open(['a']);
    collector.grow('b');
    collector.changed.fire({ change: { topic: 'runs', rev: 2, run_ids: ['b'] } });
    await wait(150);
    expect(sent).toEqual([]);
  });

  it('is silent and watches nothing while hidden, and sends everything when visible again', async () => {
    const { session, collector, sent } = open(['a']);
    expect([...collector.watched]).toEqual(['run:a', 'series:a']);
    session.setVisible(false);
    expect(collector.watched.size).toBe(0);
    collector.grow('a');
    await wait(150);
    expect(sent).toEqual([]);
    session.setVisible(true);
    await expect.poll(() => snapshots(sent).map((one) => one.kind)).toEqual(['runs']);
    expect(collector.watched.size).toBe(2);
  });

  it('keeps the rows and says why when the collector does not answer, and recovers', async () => {
    const { session, collector, sent } = open(['a']);
    session.receive({ kind: 'ready' });
    await expect.poll(() => snapshots(sent).length).toBe(1);
    collector.failure = new Error('The collector went away.');
    collector.stateChanged.fire();
    await expect.poll(() => snapshots(sent).at(-1)?.connection).toBe('The collector went away.');
    expect(snapshots(sent).at(-1)!.runs).toHaveLength(1);
    collector.failure = null;
    collector.stateChanged.fire();
    await expect.poll(() => snapshots(sent).at(-1)?.connection).toBe(true);
  });

  it('leaves out an unknown run', async () => {
    const { session, sent } = open(['gone', 'a']);
    session.receive({ kind: 'ready' });
    await expect.poll(() => snapshots(sent)[0]?.runs.map((run) => run.row.run_id)).toEqual(['a']);
  });

  it('answers every request once, failures with the reason', async () => {
    const { session, sent } = open(['a']);
    const query = { run_id: 'a', keys: ['loss'], x: 'step' as const, points: 64 };
    session.receive({ kind: 'series', id: 1, query });
    session.receive({ kind: 'detail', id: 2, run_id: 'nobody' });
    await expect.poll(() => replies(sent).length).toBe(2);
    const byId = replies(sent).sort((a, b) => a.id - b.id);
    expect(byId).toEqual([
      { kind: 'reply', id: 1, ok: true, series: [] },
      { kind: 'reply', id: 2, ok: false, error: 'no nobody' },
    ]);
  });

  it('asks for the columns that charts draw, and no others', async () => {
    const { session, sent, collector } = open(['a']);
    const query = { run_id: 'a', keys: ['loss'], x: 'step' as const, points: 64 };
    session.receive({ kind: 'series', id: 1, query });
    await expect.poll(() => replies(sent).length).toBe(1);
    const params = { ...query, columns: ['x', 'last', 'min', 'max'] };
    expect(collector.calls).toContainEqual({ method: 'runs.series', params });
  });

  it('passes actions on', async () => {
    const { session, sent, done } = open(['a']);
    session.receive({ kind: 'action', id: 1, action: { do: 'stop', run_id: 'a' } });
    session.receive({ kind: 'action', id: 2, action: { do: 'resumeFrom', run_id: 'a', checkpoint: 'c7' } });
    session.receive({ kind: 'action', id: 3, action: { do: 'open', run_id: 'a', file: 'train.py', line: 88 } });
    session.receive({ kind: 'action', id: 4, action: { do: 'unpause', run_id: 'a' } });
    session.receive({ kind: 'action', id: 5, action: { do: 'again', run_id: 'a' } });
    await expect.poll(() => replies(sent).length).toBe(5);
    expect(done).toEqual(['stop a', 'resume a c7', 'open train.py:88', 'command resume a', 'again a']);
    expect(replies(sent).find((one) => one.id === 1)).toMatchObject({ stop: { stage: 'command', next_at: 5 } });
  });

  it('remembers what the panel was showing', () => {
    const { session } = open(['a']);
    const shown = { version: 9, slices: { timeline: { zoom: 3 } } };
    session.receive({ kind: 'state', state: { run_ids: ['other'], ...shown } });
    session.show(['a', 'b']);
    expect(session.state).toEqual({ run_ids: ['a', 'b'], ...shown });
  });
});
