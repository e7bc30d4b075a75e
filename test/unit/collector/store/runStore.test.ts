import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { saveDatabaseFile } from '../../../../src/collector/store/databaseFile';
import { RunStore } from '../../../../src/collector/store/runStore';
import { readCurves, runState, testSql, writer } from './storeFixtures';

const STARTED = 1_760_000_000_000;

let directory: string;
let file: string;
const opened: RunStore[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'xtrack-run-'));
  file = join(directory, 'run.sqlite');
});

afterEach(() => {
  opened.splice(0).forEach((store) => store.close());
  rmSync(directory, { recursive: true });
});

async function open(options = {}): Promise<RunStore> {
  const store = RunStore.open(await testSql(), directory, options);
  opened.push(store);
  return store;
}

const offsets = (offset: number) => new Map([['events-worker-0-1-w.xtj', { offset, size: offset + 5 }]]);

/** Real curves, a log line and an event a hundred points. */
function fill(store: RunStore, id: string, attempt: number, curves = readCurves('run-04')): number {
  const who = writer(id, 'worker-0', attempt);
  let seq = 0;
  for (const [key, curve] of curves) {
    for (let i = 0; i < curve.value.length; i++) {
      store.point(who, key, curve.value[i]!, curve.step[i]!, curve.epoch[i]!, curve.ts[i]!);
      if (++seq % 100 > 0) continue;
      store.log(who, seq, curve.ts[i]!, {
        level: 'info',
        message: `at ${seq}`,
        logger: null,
        step: i,
        fields: { seq },
      });
      store.event(who, seq, curve.ts[i]!, 'status', { status: 'training', i }, 'train.py:3');
    }
  }
  return seq;
}

function contents(store: RunStore): unknown {
  const request = { run_id: 'r', keys: store.keys(), x: 'relative' as const, points: 100_000 };
  return {
    series: store.series(request, STARTED).map((series) => ({ ...series, rev: 0 })),
    summaries: store.summaries(),
    logs: store.logs(0, 10_000),
    events: store.events(0, 10_000),
    points: store.points,
  };
}

describe('run store', () => {
  it('loads points, lines, events, state, offsets and revision unchanged from its file', async () => {
    const store = await open();
    const points = fill(store, 'w', 1);
    const state = { ...runState('r'), tags: { 'a"b': 'ü\n' } };
    expect(store.dirty).toBe(true);
    expect(store.save(state, offsets(77), () => true)).toBe(statSync(file).size);
    expect(store.dirty).toBe(false);
    const again = await open();
    expect(again.damage).toBeNull();
    expect(again.state).toEqual(state);
    expect(again.offsets).toEqual(offsets(77));
    expect(again.rev).toBe(store.rev);
    expect(again.dirty).toBe(false);
    expect(again.points).toBe(points);
    expect(contents(again)).toEqual(contents(store));
  });

  it('continues after many saves as if there had been none', async () => {
    const curves = readCurves('run-04');
    const straight = await open();
    fill(straight, 'w', 1, curves);
    let store = await open();
    const who = writer('w');
    for (const [key, curve] of curves) {
      for (let i = 0; i < curve.value.length; i++) {
        store.point(who, key, curve.value[i]!, curve.step[i]!, curve.epoch[i]!, curve.ts[i]!);
        if (i % 611 > 0) continue;
        store.save(runState('r'), offsets(i), () => true);
        if (i % 3 === 0) store = await open();
      }
    }
    const request = { run_id: 'r', keys: straight.keys(), x: 'step' as const, points: 100_000 };
    const series = (one: RunStore) => one.series(request, STARTED).map((part) => ({ ...part, rev: 0 }));
    expect(series(store)).toEqual(series(straight));
    expect(store.summaries()).toEqual(straight.summaries());
  }, 30_000);

  it('pages log lines and events in the order of arrival', async () => {
    const store = await open();
    for (let i = 0; i < 1000; i++) {
      const line = { level: 'info', message: `m${i}`, logger: 'root', step: null, fields: null };
      store.log(writer('w'), i, i * 1000, line);
      store.event(writer('w'), i, i, 'param', { key: 'k', value: i });
    }
    const page = store.logs(990, 100);
    expect(page).toMatchObject({ next: 1000, total: 1000 });
    expect(page.lines.map((line) => line.message)).toEqual(Array.from({ length: 10 }, (_, i) => `m${990 + i}`));
    expect(page.lines[0]).toEqual({
      seq: 990,
      worker: 'worker-0',
      at: 990,
      level: 'info',
      message: 'm990',
      logger: 'root',
      step: null,
      fields: null,
    });
    expect(store.logs(5000, 10)).toEqual({ lines: [], next: 5000, total: 1000 });
    store.event(writer('w'), 1000, 1000, 'image', { key: 'k' });
    store.event(writer('w'), 1001, 1001, 'param', { key: 'k', value: 0 });
    const images = { next: 1002, total: 1002, events: [{ seq: 1000, type: 'image' }] };
    expect(store.events(0, 10, ['image', 'table'])).toMatchObject(images);
    expect(store.events(0, 1, ['image', 'table'])).toMatchObject({ ...images, next: 1001 });
    expect(store.events(1002, 10, ['image'])).toMatchObject({ next: 1002, events: [] });
    expect(store.events(3, 2)).toMatchObject({ next: 5, total: 1002, events: [{ seq: 3 }, { seq: 4, type: 'param' }] });
  });

  it('leaves the file unchanged and stays dirty when the lease is lost at the last moment', async () => {
    const store = await open();
    fill(store, 'w', 1);
    store.save(runState('r'), offsets(1), () => true);
    const before = readFileSync(file);
    store.point(writer('w'), 'loss', 1, 1, null, 1);
    expect(store.save(runState('r'), offsets(2), () => false)).toBe(0);
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(store.dirty).toBe(true);
    expect(readdirSync(directory)).toEqual(['run.sqlite']);
  });

  it('throws when it cannot write, and keeps both the saved file and its memory', async () => {
    const store = await open();
    store.point(writer('w'), 'loss', 1, 1, null, 1);
    rmSync(directory, { recursive: true });
    expect(() => store.save(runState('r'), offsets(1), () => true)).toThrow(/ENOENT/);
    expect(store.dirty).toBe(true);
    expect(store.summaries()['loss']!.count).toBe(1);
    mkdirSync(directory);
    expect(store.save(runState('r'), offsets(1), () => true)).toBeGreaterThan(0);
  });

  it('never writes when it was opened read-only', async () => {
    const store = await open({ readOnly: true });
    store.point(writer('w'), 'loss', 1, 1, null, 1);
    expect(() => store.save(runState('r'), offsets(1), () => true)).toThrow(/read only/);
    expect(existsSync(file)).toBe(false);
  });

  it('detects a flipped bit anywhere in the file, reports it, starts empty and replaces the file', async () => {
    const store = await open();
    fill(store, 'w', 1, readCurves('run-00'));
    store.save(runState('r'), offsets(7), () => true);
    const good = readFileSync(file);
    const positions = [0, 17, 24, 68, 99, 100, 1023, 1024, 5000, good.length >> 1, good.length - 1];
    for (const position of positions) {
      const bad = Buffer.from(good);
      bad[position]! ^= 0x10;
      writeFileSync(file, bad);
      const damaged = await open();
      expect({ position, damage: damaged.damage }).toEqual({ position, damage: expect.any(String) as string });
      expect(damaged.state).toBeNull();
      expect(damaged.offsets.size).toBe(0);
      expect(damaged.points).toBe(0);
    }
    const damaged = opened.at(-1)!;
    fill(damaged, 'w', 1, readCurves('run-00'));
    damaged.save(runState('r'), offsets(7), () => true);
    expect(contents(await open())).toEqual(contents(store));
  });

  it('treats a truncated, an empty and a foreign file as damaged', async () => {
    const store = await open();
    fill(store, 'w', 1, readCurves('run-00'));
    store.save(runState('r'), offsets(7), () => true);
    const size = statSync(file).size;
    for (const length of [size - 1, size - 1024, 4096, 99, 1, 0]) {
      truncateSync(file, length);
      expect((await open()).damage).not.toBeNull();
    }
    writeFileSync(
      file,
      'not a database, and longer than the hundred bytes that the header of a real one would have been'.repeat(3),
    );
    expect((await open()).damage).toBe('is not a database');
  });

  it('leaves a file of a newer version alone until a save is requested, and says why', async () => {
    const store = await open();
    store.save(runState('r'), offsets(7), () => true);
    const sql = await testSql();
    const database = new sql.Database(readFileSync(file));
    database.run(`UPDATE meta SET value = 99 WHERE name = 'schema'`);
    saveDatabaseFile(database, file, () => true);
    database.close();
    expect((await open()).damage).toMatch(/newer version \(schema 99/);
  });

  it('writes a file that any SQLite can open', async () => {
    const store = await open();
    fill(store, 'w', 1, readCurves('run-00'));
    store.save(runState('r'), offsets(7), () => true);
    const database = new (await testSql()).Database(readFileSync(file));
    expect(database.exec('PRAGMA integrity_check')[0]!.values).toEqual([['ok']]);
    expect(database.exec('SELECT count(*) FROM piece')[0]!.values).toEqual([[6]]);
    database.close();
  });

  it('treats steps that are not finite as missing', async () => {
    const store = await open();
    store.point(writer('w'), 'a', 5, Infinity, NaN, 1);
    store.point(writer('w'), 'a', 6, null, null, 2);
    expect(store.series({ run_id: 'r', keys: ['a'], x: 'step', points: 9 }, 0)[0]!.x).toEqual([0, 1]);
  });
});
