import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RunStore } from '../../../../src/collector/store/runStore';
import { SERIES_COLUMNS, type Series } from '../../../../src/protocol/rows';
import { naiveSeries, naiveSummary, visiblePoints, type NaiveAxis, type NaivePoint } from './naiveSeries';
import { mulberry32, runState, testSql, writer } from './storeFixtures';

const STARTED = 1_760_000_000_000;
const AXES: NaiveAxis[] = ['step', 'epoch', 'relative', 'wall'];

let directory: string;
let store: RunStore;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'xtrack-store-'));
  store = RunStore.open(await testSql(), directory);
});

afterEach(() => {
  store.close();
  rmSync(directory, { recursive: true });
});

async function reopen(): Promise<void> {
  store.save(runState('r'), new Map(), () => true);
  store.close();
  store = RunStore.open(await testSql(), directory);
}

function add(points: NaivePoint[]): void {
  for (const p of points) store.point(writer(p.writer, p.worker, p.attempt), p.key, p.value, p.step, p.epoch, p.ts);
}

function plain(i: number, more: Partial<NaivePoint> = {}): NaivePoint {
  const ts = STARTED * 1000 + i * 1000;
  return { writer: 'w1', worker: 'worker-0', attempt: 1, key: 'loss', value: i, step: i, epoch: null, ts, ...more };
}

function ask(x: NaiveAxis, points: number, more: object = {}): Series[] {
  return store.series({ run_id: 'r', keys: ['loss'], x, points, ...more }, STARTED);
}

type Shape = 'steps' | 'ordinals' | 'epochs' | 'mixed' | 'jumps';

/** Points of one writer; where it starts and how it goes on is drawn. */
function drawPoints(random: () => number, id: string, worker: string, attempt: number, shape: Shape): NaivePoint[] {
  const n = Math.floor(random() * 6000) + 1;
  const start = Math.floor(random() * 3000);
  const stride = Math.floor(random() * 3) + 1;
  return Array.from({ length: n }, (_, i) => {
    const odd = random();
    const value =
      odd < 0.002 ? NaN : odd < 0.004 ? Infinity : odd < 0.006 ? -Infinity : Math.round(random() * 1e4) / 100;
    const jump = shape === 'jumps' && random() < 0.01 ? -Math.floor(random() * 500) : 0;
    const hasStep = shape === 'steps' || shape === 'jumps' || (shape === 'mixed' && random() < 0.5);
    const hasEpoch = shape === 'epochs' || (shape === 'mixed' && random() < 0.5);
    return {
      writer: id,
      worker,
      attempt,
      key: 'loss',
      value,
      step: hasStep ? start + i * stride + jump : null,
      epoch: hasEpoch ? (start + i) / 128 : null,
      ts: STARTED * 1000 + (attempt * 7000 + i) * 900 + Math.floor(random() * 1e3),
    };
  });
}

function expectSame(series: Series, points: NaivePoint[], x: NaiveAxis, limit: number, from: number, to: number): void {
  const visible = visiblePoints(points, x, STARTED).filter((one) => one.x >= from && one.x <= to);
  const { run_id, key, worker, rev, tail_from, ...columns } = series;
  expect({ run_id, key, worker, rev, tail_from }).toEqual({
    run_id: 'r',
    key: 'loss',
    worker: points[0]!.worker,
    rev: store.rev,
    tail_from: undefined,
  });
  expect(columns).toEqual(naiveSeries(visible, limit));
}

describe('series', () => {
  it.each<Shape>(['steps', 'ordinals', 'epochs', 'mixed', 'jumps'])(
    'answers like the simplest computation: overlapping attempts, two writers on a worker, NaN; %s',
    async (shape) => {
      for (let seed = 1; seed <= 2; seed++) {
        const random = mulberry32(seed * 31 + shape.length);
        const points: NaivePoint[] = [];
        for (let attempt = 1; attempt <= 3; attempt++) {
          for (let w = 0; w < (random() < 0.5 ? 2 : 1); w++) {
            points.push(...drawPoints(random, `w${seed}${attempt}${w}`, `worker-${seed}`, attempt, shape));
          }
        }
        // Journals are read in any order.
        add(seed % 2 ? points : [...points].sort((a, b) => (a.writer === b.writer ? 0 : a.writer < b.writer ? 1 : -1)));
        if (seed % 2) await reopen();
        const mine = { worker: `worker-${seed}` };
        for (const x of AXES) {
          const all = visiblePoints(points, x, STARTED);
          const at = (part: number) => all[Math.floor(part * (all.length - 1))]!.x;
          for (const limit of [1, 1000, 100_000]) {
            expectSame(ask(x, limit, mine)[0]!, points, x, limit, -Infinity, Infinity);
          }
          const [from, to] = [at(random() * 0.5), at(0.5 + random() * 0.5)];
          expectSame(ask(x, 100, { ...mine, from, to })[0]!, points, x, 100, from, to);
        }
      }
    },
    60_000,
  );

  it('returns one series for each worker, sorted by rank', () => {
    for (const worker of ['worker-10', 'worker-2', 'worker-1'])
      add([plain(0, { worker, writer: worker }), plain(1, { worker, writer: worker })]);
    expect(ask('step', 10).map((series) => series.worker)).toEqual(['worker-1', 'worker-2', 'worker-10']);
    expect(ask('step', 10, { worker: 'worker-2' })).toHaveLength(1);
    expect(ask('step', 10, { keys: ['other'] })).toEqual([]);
  });

  it('keeps workers and attempts apart that share a writer’s id', () => {
    add([plain(1, { value: 1 }), plain(1, { value: 2, worker: 'worker-1' }), plain(2, { value: 3, attempt: 2 })]);
    expect(ask('step', 10).map(({ worker, x, last }) => [worker, x, last])).toEqual([
      ['worker-0', [1, 2], [1, 3]],
      ['worker-1', [1], [2]],
    ]);
  });

  it('returns relative times as exactly as they were logged', () => {
    add([plain(11), plain(2900)]);
    expect(ask('relative', 10)[0]?.x).toEqual([0.011, 2.9]);
  });

  it('changes only the last bucket while points are appended', () => {
    add(Array.from({ length: 5000 }, (_, i) => plain(i)));
    let before = ask('step', 200)[0]!;
    for (let i = 5000; i < 12_000; i += 97) {
      add(Array.from({ length: 97 }, (_, j) => plain(i + j)));
      const now = ask('step', 200)[0]!;
      const sameWidth = now.x[1] === before.x[1];
      if (sameWidth) {
        const kept = before.x.length - 1;
        expect(now.x.slice(0, kept)).toEqual(before.x.slice(0, kept));
        expect(now.max.slice(0, kept)).toEqual(before.max.slice(0, kept));
      } else {
        expect(now.x[1]).toBe(before.x[1]! * 2);
      }
      before = now;
    }
  });

  it('sends the points since a revision, which complete the earlier ones', () => {
    const random = mulberry32(3);
    let shown: Series | null = null;
    let tails = 0;
    let i = 0;
    for (let round = 0; round < 200; round++) {
      const n = Math.floor(random() * 90);
      for (let j = 0; j < n; j++, i++) {
        add([
          plain(i, {
            value: random() < 0.01 ? NaN : random(),
            writer: i % 3 ? 'a' : 'b',
            step: i - Math.floor(random() * 20),
          }),
        ]);
      }
      if (round === 150) add([plain(i, { writer: 'c', attempt: 2, step: 3000 })]);
      const answer: Series | undefined = ask('step', 300, shown ? { since: shown.rev } : {})[0];
      if (!answer) continue;
      if (answer.tail_from !== undefined) tails++;
      shown = shown ? withTail(shown, answer) : answer;
      const { rev: _rev, ...whole } = ask('step', 300)[0]!;
      expect(shown).toMatchObject(whole);
    }
    expect(tails).toBeGreaterThan(120);
  });

  it('sends little when little has changed', () => {
    add(Array.from({ length: 50_000 }, (_, i) => plain(i)));
    const before = ask('step', 1000)[0]!;
    add([plain(50_000), plain(50_001)]);
    const after = ask('step', 1000, { since: before.rev })[0]!;
    expect(after.x.length).toBeLessThanOrEqual(2);
    expect(after.tail_from).toBeGreaterThan(49_900);
    // Nobody was told of that revision: the whole is sent.
    expect(ask('step', 1000, { since: 12 })[0]!.x.length).toBeGreaterThan(300);
  });

  it('sends only the requested columns, with the same values as among all columns', () => {
    add(Array.from({ length: 3000 }, (_, i) => plain(i, { value: i === 7 ? NaN : Math.sin(i) })));
    add(Array.from({ length: 3000 }, (_, i) => plain(i, { writer: 'w2', worker: 'worker-1', value: i })));
    for (const more of [{}, { aggregate: 'mean' }, { from: 5, to: 9 }])
      for (const points of [100, 10_000])
        for (const columns of [['x', 'last', 'min', 'max'], ['n'], [...SERIES_COLUMNS], []]) {
          const some = ask('step', points, { ...more, columns });
          for (const [i, whole] of ask('step', points, more).entries()) {
            const missing = SERIES_COLUMNS.filter((column) => !columns.includes(column));
            expect(Object.keys(some[i]!).filter((key) => missing.includes(key as never))).toEqual([]);
            expect(whole).toEqual({
              ...some[i],
              ...Object.fromEntries(missing.map((column) => [column, whole[column]])),
            });
          }
        }
  });

  it('sends some columns of the points since a revision to a caller that has the same columns', () => {
    add(Array.from({ length: 5000 }, (_, i) => plain(i)));
    const columns = ['x', 'last'];
    const before = ask('step', 100, { columns })[0]!;
    add([plain(5000)]);
    const after = ask('step', 100, { columns, since: before.rev })[0]!;
    expect(after).toMatchObject({ last: [5000], tail_from: expect.any(Number) as number });
    expect(after).not.toHaveProperty('max');
    expect(ask('step', 100, { since: before.rev })[0]).not.toHaveProperty('tail_from');
  });

  it('takes the mean where all workers have reported', () => {
    for (let i = 0; i < 10; i++) {
      add([plain(i, { writer: 'a', worker: 'worker-0', value: i })]);
      if (i < 6) add([plain(i, { writer: 'b', worker: 'worker-1', value: 3 * i, ts: STARTED * 1000 + i * 1e6 })]);
    }
    const [mean] = ask('step', 100, { aggregate: 'mean' });
    expect(mean).toMatchObject({ worker: 'mean', x: [0, 1, 2, 3, 4, 5], last: [0, 2, 4, 6, 8, 10], exact: true });
    const [late] = ask('relative', 100, { aggregate: 'mean' });
    expect(late!.x).toEqual([0, 1, 2, 3, 4, 5]);
    expect(ask('step', 2, { aggregate: 'mean' })[0]).toMatchObject({ x: [0, 4], n: [4, 2], exact: false });
  });

  it('shows ordinals of a resumed script without steps as one continuing curve', () => {
    const none = { step: null };
    add([plain(0, none), plain(1, none), plain(2, none)]);
    add([plain(3, { ...none, writer: 'w2', attempt: 2 }), plain(4, { ...none, writer: 'w2', attempt: 2 })]);
    expect(ask('step', 10)[0]).toMatchObject({ x: [0, 1, 2, 3, 4], last: [0, 1, 2, 3, 4] });
  });

  it('accepts negative x, one x for all points, and huge x', () => {
    add([-3, -2, 5, 6].map((step, i) => plain(i, { step })));
    expect(ask('step', 2)[0]).toMatchObject({ x: [-3, 5], n: [2, 2] });
    add(Array.from({ length: 2000 }, (_, i) => plain(i, { key: 'flat', step: 7 })));
    expect(store.series({ run_id: 'r', keys: ['flat'], x: 'step', points: 10 }, STARTED)[0]).toMatchObject({
      x: [7],
      n: [2000],
      first: [0],
      last: [1999],
    });
    add([1e-300, 1, 1e300].map((step, i) => plain(i, { key: 'wide', step })));
    expect(store.series({ run_id: 'r', keys: ['wide'], x: 'step', points: 2 }, STARTED)[0]!.n).toEqual([2, 1]);
  });
});

describe('summaries', () => {
  it.each<Shape>(['steps', 'ordinals', 'epochs', 'mixed', 'jumps'])(
    'are those of the visible points of all workers: %s',
    async (shape) => {
      for (let seed = 1; seed <= 3; seed++) {
        const random = mulberry32(seed * 17 + shape.length);
        const key = `loss${seed}`;
        const points: NaivePoint[] = [];
        for (let attempt = 1; attempt <= 3; attempt++) {
          for (const worker of ['worker-0', 'worker-1']) {
            const more = drawPoints(random, `w${seed}${attempt}${worker}`, worker, attempt, shape);
            points.push(...more.map((point) => ({ ...point, key })));
            add(points.slice(-more.length));
            expectSummary(key, points);
          }
        }
        await reopen();
        expectSummary(key, points);
      }
    },
    60_000,
  );

  function expectSummary(key: string, points: NaivePoint[]): void {
    const expected = naiveSummary(points, key);
    expect(store.summaries()[key]).toEqual({ ...expected, mean: expect.closeTo(expected.mean!, 6) as number });
  }

  it('stay the same object until a point is added, and accept any key', () => {
    add([plain(1), plain(2, { key: '__proto__' })]);
    const before = store.summaries();
    expect(store.summaries()).toBe(before);
    expect(Object.keys(before).sort()).toEqual(['__proto__', 'loss']);
    add([plain(3)]);
    expect(store.summaries()).not.toBe(before);
    expect(before['loss']!.count).toBe(1);
    expect(store.summaries()['loss']!.count).toBe(2);
  });

  it('have only counts if no value is finite', () => {
    add([plain(0, { value: NaN }), plain(1, { value: Infinity })]);
    expect(store.summaries()['loss']).toEqual({
      last: 'Infinity',
      last_x: 1,
      min: null,
      min_x: null,
      max: null,
      max_x: null,
      mean: null,
      count: 2,
      nan: 1,
      inf: 1,
    });
  });
});

/** What a client does with an answer to `since`. */
function withTail(shown: Series, tail: Series): Series {
  if (tail.tail_from === undefined) return tail;
  const keep = shown.x.filter((x) => x < tail.tail_from!).length;
  const { tail_from, ...rest } = tail;
  return {
    ...rest,
    x: [...shown.x.slice(0, keep), ...tail.x],
    first: [...shown.first.slice(0, keep), ...tail.first],
    last: [...shown.last.slice(0, keep), ...tail.last],
    min: [...shown.min.slice(0, keep), ...tail.min],
    max: [...shown.max.slice(0, keep), ...tail.max],
    n: [...shown.n.slice(0, keep), ...tail.n],
    bad: [...shown.bad.filter(({ x }) => x < tail_from), ...tail.bad],
  };
}
