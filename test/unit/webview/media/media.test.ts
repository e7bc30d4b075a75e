import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../src/protocol/events';
import type { RunEvent } from '../../../../src/protocol/panel';
import { describeHistogram } from '../../../../webview/media/histogramView';
import { type HistogramItem, itemsAt, tracksOf } from '../../../../webview/media/mediaItems';
import {
  arrangedRows,
  AS_LOGGED,
  sortedNext,
  type TableArrangement,
} from '../../../../webview/shared/tableArrangement';

function event(type: string, payload: RunEvent['payload'], more: Partial<RunEvent> = {}): RunEvent {
  return { worker: 'worker-0', attempt: 1, ts: 1, type, payload, ...more };
}

const image = (step: number, more: Partial<RunEvent> = {}): RunEvent =>
  event('image', { key: 'a', step }, { file: `/${step}.png`, ...more });

describe('media logged under a key', () => {
  it('are sorted by step, whatever order they were logged in', () => {
    const [track] = tracksOf([image(20), image(10), event('log', { key: 'a' }), image(30)]).values();
    expect(track!.items.map(({ x, file }) => [x, file])).toEqual([
      [10, '/10.png'],
      [20, '/20.png'],
      [30, '/30.png'],
    ]);
  });

  it('are sorted by epoch, or numbered, if they have no steps', () => {
    const [plain, byEpoch] = tracksOf([
      ...[1, 2].map(() => event('histogram', { key: 'w', edges: [0, 1], counts: [1] })),
      event('histogram', { key: 'e', epoch: 4, edges: [0, 1], counts: [1] }),
    ]).values();
    expect(plain!.items.map(({ x }) => x)).toEqual([0, 1]);
    expect(byEpoch!.items.map(({ x }) => x)).toEqual([4]);
  });

  it('are replaced by those of a later attempt, in whatever order journals are read', () => {
    const first = image(10);
    const second = image(10, { attempt: 2, file: '/again.png' });
    for (const events of [
      [first, second],
      [second, first],
    ])
      expect([...tracksOf(events).values()][0]!.items.map(({ file }) => file)).toEqual(['/again.png']);
  });

  it('are left out if they are malformed', () => {
    const broken = [
      event('histogram', { key: 'w', edges: [0, 1], counts: [1, 2] }),
      event('histogram', { key: 'w', edges: ['a', 'b'], counts: [1] }),
      event('histogram', { key: 'w' }),
      event('table', { key: 't', columns: 3 }),
      event('image', { key: 7 }),
      event('image', null),
      event('table', { key: 't', columns: ['a'], rows: [[1], 'no row', [2]] }),
    ];
    const tracks = [...tracksOf(broken).values()];
    expect(tracks.map(({ id, items }) => [id, items.length])).toEqual([['table t', 1]]);
    expect(tracks[0]!.items[0]).toMatchObject({ rows: [[1], [2]], columns: ['a'] });
  });

  it('at a step include the newest of each worker up to it', () => {
    const [track] = tracksOf([
      image(1),
      image(5),
      image(3, { worker: 'worker-10' }),
      image(2, { worker: 'worker-2' }),
    ]).values();
    const at = (x: number): unknown[] => itemsAt(track!.items, x).map((item) => [item.worker, item.x]);
    expect(at(0)).toEqual([]);
    expect(at(2)).toEqual([
      ['worker-0', 1],
      ['worker-2', 2],
    ]);
    expect(at(9)).toEqual([
      ['worker-0', 5],
      ['worker-2', 2],
      ['worker-10', 3],
    ]);
  });
});

it('a histogram has a description in words', () => {
  const item = { edges: [0, 0.5, 1], counts: [1, 3], bad: 2 } as HistogramItem;
  expect(describeHistogram(item)).toBe('4 values from 0 to 1, most from 0.5 to 1, 2 NaN or ∞');
});

describe('rows of a table', () => {
  const columns = ['n', 'word'];
  const rows: Json[][] = [
    [10, 'ten'],
    [9, 'nine'],
    [null, 'none'],
    ['many', 'Nine again'],
  ];
  const shown = (arrangement: TableArrangement): Json[] =>
    arrangedRows(columns, rows, arrangement).map(([, word]) => word!);

  it('stay in logged order until they are sorted or filtered', () =>
    expect(shown(AS_LOGGED)).toEqual(['ten', 'nine', 'none', 'Nine again']));

  it('sort numbers by size, before words, and missing values last', () => {
    const sort = { column: 'n', down: false };
    expect(shown({ filter: '', sort })).toEqual(['nine', 'ten', 'Nine again', 'none']);
    expect(shown({ filter: 'NINE', sort: { ...sort, down: true } })).toEqual(['Nine again', 'nine']);
  });

  it('ignore sorting by a column that does not exist', () =>
    expect(shown({ filter: 'e', sort: { column: 'gone', down: true } })).toHaveLength(4));

  it('cycle through ascending, descending and logged order on clicks, and keep the filter', () => {
    const up = sortedNext({ filter: 'x', sort: { column: 'word', down: true } }, 'n');
    expect(up).toEqual({ filter: 'x', sort: { column: 'n', down: false } });
    const down = sortedNext(up, 'n');
    expect(down.sort).toEqual({ column: 'n', down: true });
    expect(sortedNext(down, 'n')).toEqual({ filter: 'x', sort: null });
  });
});
