import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { SqlJsStatic } from 'sql.js';
import { loadSql } from '../../../../src/collector/store/databaseFile';
import { newRunState } from '../../../../src/domain/run/reducer';
import type { RunState, WriterState } from '../../../../src/domain/run/state';

let sql: Promise<SqlJsStatic> | null = null;

export function testSql(): Promise<SqlJsStatic> {
  return (sql ??= loadSql(createRequire(import.meta.url).resolve('sql.js/dist/sql-wasm.wasm')));
}

/** A seeded source of random numbers, so that a failure comes back. */
export function mulberry32(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export interface Curve {
  step: Float64Array;
  epoch: Float64Array;
  ts: Float64Array;
  value: Float64Array;
}

/** Curves of a real training, by key; ts in µs. */
export function readCurves(
  name: string,
  folder = join(import.meta.dirname, '../../../fixtures/curves'),
): Map<string, Curve> {
  const lines = gunzipSync(readFileSync(join(folder, `${name}.csv.gz`)))
    .toString()
    .trim()
    .split('\n')
    .slice(1);
  const rows = new Map<string, number[][]>();
  for (const line of lines) {
    const [key, ...numbers] = line.split(',');
    if (!rows.has(key!)) rows.set(key!, []);
    rows.get(key!)!.push(numbers.map((text) => (text === '' ? NaN : Number(text))));
  }
  return new Map(
    [...rows].map(([key, points]) => {
      const column = (at: number) => Float64Array.from(points, (point) => point[at]!);
      const ts = column(2).map((seconds) => Math.round(1_760_000_000_000_000 + seconds * 1e6));
      return [key, { step: column(0), epoch: column(1), ts, value: column(3) }];
    }),
  );
}

export function writer(id: string, worker = 'worker-0', attempt = 1): WriterState {
  return {
    writer: id,
    worker,
    attempt,
    role: 'script',
    proc: null,
    client: 'test',
    seq: 0,
    first: null,
    last: null,
    end: null,
    seen: 'alive',
    phase: null,
    progress: null,
  };
}

export function runState(run_id: string): RunState {
  return { ...newRunState(run_id), created: 1000, params: { lr: 0.1 } };
}
