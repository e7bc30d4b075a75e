import { describe, expect, it } from 'vitest';
import { newPanelState, type PanelSeries, type SeriesQuery } from '../../../../src/protocol/panel';
import type { RunRow, Summary } from '../../../../src/protocol/rows';
import { CHARTS, seriesViewOf } from '../../../../webview/grid/axes';
import { GRID_STATE } from '../../../../webview/grid/gridState';
import { PanelModel } from '../../../../webview/model/panelModel';
import { SeriesLoader } from '../../../../webview/model/seriesLoader';
import { exactSeries } from '../grid/series';

interface Bench {
  model: PanelModel;
  loader: SeriesLoader;
  asked: SeriesQuery[];
  errors: (string | null)[];
  /** How many points each metric has. */
  counts: Record<string, number>;
  tell: () => void;
  fail: (message: string | null) => void;
  slow: (ms: number) => void;
}

/** A panel with one run whose metrics hold 0, 1, 2 …; the "collector" answers from `counts`, tails from 1 before the end. */
function bench(counts: Record<string, number>): Bench {
  const model = new PanelModel([GRID_STATE]);
  const asked: SeriesQuery[] = [];
  const errors: (string | null)[] = [];
  let rev = 1;
  let failure: string | null = null;
  let delay = 0;
  const answer = async (query: SeriesQuery): Promise<PanelSeries[]> => {
    asked.push(query);
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
    if (failure !== null) throw new Error(failure);
    const series = query.keys.map((key) => {
      const all = Array.from({ length: counts[key]! }, (_, i) => i);
      const from = query.since === undefined ? 0 : counts[key]! - 2;
      const tail = query.since === undefined ? {} : { tail_from: from };
      return exactSeries(all.slice(from), all.slice(from), { run_id: query.run_id, key, rev, ...tail });
    });
    return series;
  };
  const loader = new SeriesLoader(
    answer,
    model,
    () => ({
      wanted: [{ keys: Object.keys(counts), view: seriesViewOf(CHARTS, model.slice(GRID_STATE), 'loss') }],
      points: 64,
    }),
    () => undefined,
    (error) => errors.push(error),
  );
  const row = (): RunRow => {
    const metrics = Object.fromEntries(Object.entries(counts).map(([key, count]) => [key, { count } as Summary]));
    return { run_id: 'a', status: 'running', attempt: 1, workers: ['w'], metrics, rev } as unknown as RunRow;
  };
  const tell = (): void => {
    rev += 1;
    model.receive(
      {
        kind: model.loaded ? 'changed' : 'runs',
        state: newPanelState(['a']),
        runs: [{ row: row(), color: 0, dash: 0 }],
        key_metric: '',
        views: [],
        connection: true,
      },
      undefined,
    );
    loader.poke();
  };
  return {
    model,
    loader,
    asked,
    errors,
    counts,
    tell,
    fail: (message) => (failure = message),
    slow: (ms) => (delay = ms),
  };
}

function xOf({ loader, model }: Bench, key: string): number[] | undefined {
  const [series] = loader.get('a', key, seriesViewOf(CHARTS, model.slice(GRID_STATE), key)) ?? [];
  return series && [...series.x];
}

describe('loading series', () => {
  it('requests whole series once, then only the ends of those that grew', async () => {
    const one = bench({ loss: 3, lr: 2 });
    one.tell();
    await expect.poll(() => xOf(one, 'loss')).toEqual([0, 1, 2]);
    one.counts.loss = 4;
    one.tell();
    await expect.poll(() => xOf(one, 'loss')).toEqual([0, 1, 2, 3]);
    expect(one.asked.map(({ keys, since }) => [keys, since !== undefined])).toEqual([
      [['loss', 'lr'], false],
      [['loss'], true],
    ]);
  });

  it('requests whole series again after a reconnect, because another collector may answer', async () => {
    const one = bench({ loss: 3 });
    one.tell();
    await expect.poll(() => one.asked.length).toBe(1);
    one.loader.renew();
    await expect.poll(() => one.asked.length).toBe(2);
    expect(one.asked[1]!.since).toBeUndefined();
  });

  it('requests whole series for another window, and keeps the known ones meanwhile', async () => {
    const one = bench({ loss: 3 });
    one.tell();
    await expect.poll(() => xOf(one, 'loss')).toEqual([0, 1, 2]);
    one.model.patchSlice(GRID_STATE, { zooms: { '': { from: 10, to: 20 } } });
    one.loader.poke();
    expect(xOf(one, 'loss')).toEqual([0, 1, 2]);
    await expect.poll(() => one.asked.length).toBe(2);
    const again = one.asked[1]!;
    expect(again.since).toBeUndefined();
    expect(again.from).toBeLessThan(10);
    expect(again.to).toBeGreaterThan(20);
  });

  it('never shows values of one axis on another', async () => {
    const one = bench({ loss: 3 });
    one.tell();
    await expect.poll(() => xOf(one, 'loss')).toBeDefined();
    one.model.patchSlice(GRID_STATE, { x: 'wall' });
    expect(xOf(one, 'loss')).toBeUndefined();
  });

  it('sends few requests when answers are slow, however often it is notified', async () => {
    const one = bench({ loss: 1 });
    one.slow(80);
    const began = performance.now();
    while (performance.now() - began < 1000) {
      one.counts.loss! += 1;
      one.tell();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(one.asked.length).toBeGreaterThanOrEqual(3);
    expect(one.asked.length).toBeLessThanOrEqual(7);
  });

  it('does not request hidden runs', async () => {
    const one = bench({ loss: 1 });
    one.tell();
    await expect.poll(() => one.asked.length).toBe(1);
    one.model.patch({ hidden: ['a'] });
    one.counts.loss = 2;
    one.loader.poke();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(one.asked.length).toBe(1);
  });

  it('reports why it failed, retries automatically, and clears the message', async () => {
    const one = bench({ loss: 1 });
    one.fail('The collector is away.');
    one.tell();
    await expect.poll(() => one.errors).toEqual(['The collector is away.']);
    one.fail(null);
    await expect.poll(() => one.errors.at(-1), { timeout: 4000 }).toBeNull();
    expect(xOf(one, 'loss')).toEqual([0]);
  });
});
