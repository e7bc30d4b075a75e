/** Events with payloads that nobody expects: the reducer and the store take them, whatever they are, and stay whole. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LoadedRun } from '../../src/collector/projection/loadedRun';
import type { Json } from '../../src/protocol/events';
import { newDice } from '../faults/seeded';
import { Process, tempDir } from '../unit/collector/journal/journalFixture';
import { testSql } from '../unit/collector/store/storeFixtures';
import { mutatedJson } from './hostileJson';

const RUNS = Number(process.env['XTRACK_FUZZ_CASES'] ?? 20_000) / 500;
const EVENTS: readonly [string, Record<string, Json>][] = [
  [
    'run_start',
    {
      run_id: { id: 'r', exp_id: 'e', parent_id: 'p' },
      name: 'n',
      tags: { a: 'b' },
      source: { argv: ['a'], cwd: '/' },
    },
  ],
  [
    'run_start',
    {
      name: 'n',
      source: { git_commit: 'c', entrypoint: 'e' },
      env: { python_version: '3', gpu_info: [{ name: 'g', memory: 1 }] },
    },
  ],
  ['param', { key: 'lr', value: 0.1, nested_key: ['a', 'b'] }],
  ['metric', { key: 'loss', value: 1, step: 1, epoch: 1, ctx: { phase: 'val', batch_size: 1 } }],
  ['metric_batch', { metrics: { a: 1, b: 'NaN' }, step: 1, epoch: 2, ctx: { phase: 'train' } }],
  ['artifact', { path: '/a', type: 'model', name: 'm', size: 1, checksum: 'c', meta: {} }],
  ['checkpoint', { step: 1, epoch: 1, path: 'a.pt', metrics: { a: 1 }, is_best: true, best_key: 'a' }],
  ['status', { status: 'training', msg: 'm', progress: { cur: 1, total: 2, unit: 'steps' } }],
  ['log', { level: 'info', msg: 'm', logger: 'l', step: 1, fields: { a: 1 } }],
  ['launch', { run_id: 'r', attempt: 2, argv: ['a'], interpreter: 'p', cwd: '/', env: { a: 'b' }, tags: {} }],
  ['process', { worker: 'w', pid: 1, pgid: 1, proc: { host: 'h', boot: 'b', pidns: null, pid: 1, start: '1' } }],
  ['source', { source: { git_diff: 'd' }, env: { packages: { a: '1' } } }],
  ['edit', { name: 'n', notes: 'n', starred: true, tags: { a: null }, deleted: false }],
  ['command', { cmd_id: 'c', type: 'stop', payload: {}, worker: 'w', attempt: 1 }],
  ['command_ack', { cmd_id: 'c', status: 'done', error: 'e' }],
  [
    'run_end',
    {
      status: 'failed',
      error: { type: 't', message: 'm', traceback: 'File "a.py", line 1' },
      exit: { code: 1 },
      writer: 'x',
    },
  ],
];

it(`${RUNS} runs with hostile events are read completely, shown and saved`, async () => {
  const dice = newDice('events');
  const sql = await testSql();
  const dir = tempDir();
  for (let run = 0; run < RUNS; run++) {
    const runId = `run-${run}`;
    const process = new Process(dir, runId, {
      role: dice.pick(['script', 'supervisor', 'collector', 'user'] as const),
    });
    for (let i = 0; i < 500; i++) {
      const [t, p] = dice.pick(EVENTS);
      const mutated = mutatedJson({ run_id: runId, ...p }, dice) as Json;
      process.journal.append(dice.below(50) === 0 ? 'ünknown' : t, mutated);
    }
    process.metric('end', 1, 1);
    process.journal.close();
    const found = { runId, dir: join(dir, 'runs', runId) };
    const loaded = LoadedRun.open(sql, found, false);
    expect(loaded.read(Infinity)).toBe(true);
    const detail = loaded.detail();
    expect(detail.warnings.filter(({ code }) => code === 'unreadable')).toEqual([]);
    expect(detail.row.metrics['end']?.count).toBe(1);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    JSON.stringify([loaded.row(), loaded.store.events(0, 1000), loaded.store.logs(0, 1000)]);
    loaded.store.series({ run_id: runId, keys: Object.keys(detail.row.metrics), x: 'step', points: 100 }, 0);
    expect(loaded.save(() => true)).toBeGreaterThan(0);
    loaded.close();
    const again = LoadedRun.open(sql, found, true);
    const { rev } = again.detail().row;
    expect(plain(again.detail())).toEqual(plain({ ...detail, row: { ...detail.row, rev } }));
    again.close();
  }
});

/** As JSON says it; half a character, which no text on disk can hold, is none. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replace(/\\ud800|\ufffd+/g, '?'));
}
