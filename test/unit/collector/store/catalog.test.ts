import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RE2JS } from 're2js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Catalog } from '../../../../src/collector/store/catalog';
import { parseQuery } from '../../../../src/domain/query/parse';
import { matches as matchesRow } from '../../../../src/domain/query/match';
import type { CompareOp, Expression, Field, Value } from '../../../../src/domain/query/ast';
import type { Json, Num } from '../../../../src/protocol/events';
import type { RunRow, Summary } from '../../../../src/protocol/rows';
import { mulberry32, testSql } from './storeFixtures';

const NOW = 1_760_000_500_000;

let directory: string;
let file: string;
let catalog: Catalog;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'xtrack-catalog-'));
  file = join(directory, 'catalog.sqlite');
  catalog = Catalog.open(await testSql(), file);
});

afterEach(() => {
  catalog.close();
  rmSync(directory, { recursive: true });
});

function summary(last: Num, min: number | null, max: number | null, mean: number | null): Summary {
  return { last, last_x: 9, min, min_x: 1, max, max_x: 2, mean, count: 10, nan: 0, inf: 0 };
}

function row(run_id: string, more: Partial<RunRow> = {}): RunRow {
  return {
    run_id,
    name: run_id,
    experiment: null,
    parent: null,
    status: 'running',
    phase: null,
    created: 1_760_000_000_000,
    started: null,
    ended: null,
    attempt: 1,
    workers: ['worker-0'],
    progress: { cur: 1, total: 2, unit: 'steps' },
    params: {},
    metrics: {},
    tags: {},
    starred: false,
    error: null,
    error_at: null,
    checkpoints: 0,
    artifacts: 0,
    rev: 1,
    ...more,
  };
}

/** Runs with all that makes comparing hard: missing keys, texts that are numbers, NaN, infinities, null columns. */
function drawRow(i: number, random: () => number): RunRow {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const params: Record<string, Json> = {};
  if (random() < 0.8) params['lr'] = pick<Json>([0.1, 0.01, '0.001', '1e-4', 'auto', null, true, [1, 2]]);
  if (random() < 0.5) params['model.kind'] = pick(['cnn', 'mlp', 'CNN']);
  const metrics: Record<string, Summary> = {};
  if (random() < 0.8) {
    const value = pick<Num>([0.5, 0.9, 0.25, 'NaN', 'Infinity', '-Infinity']);
    metrics['val/acc'] = summary(value, pick([null, 0.1, 0.2]), random(), pick([0.3, 0.4]));
  }
  const started = random() < 0.8 ? 1_760_000_000_000 + Math.floor(random() * 4e5) : null;
  return row(`run-${String(i).padStart(4, '0')}`, {
    name: pick(['resnet-50', 'vit', '007', '7', 'it"s', "a'b"]),
    experiment: pick([null, 'a', 'b']),
    status: pick(['running', 'failed', 'completed']),
    created: 1_760_000_000_000 + Math.floor(random() * 50) * 1000,
    started,
    ended: started !== null && random() < 0.6 ? started + Math.floor(random() * 1e5) : null,
    attempt: pick([1, 2]),
    starred: random() < 0.3,
    params,
    metrics,
    tags: random() < 0.5 ? { team: pick(['nlp', 'vision', '12']) } : {},
  });
}

// ---- the oracle: what a query means, in the plainest way

function isNumeric(text: string): boolean {
  return /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(text);
}

function fieldValue(run: RunRow, field: Field): Json | undefined {
  if (field.kind === 'param') return run.params[field.key];
  if (field.kind === 'tag') return run.tags[field.key];
  if (field.kind === 'metric') {
    const value = run.metrics[field.key]?.[field.stat];
    return value === 'NaN' || value === null || value === undefined ? undefined : Number(value);
  }
  if (field.name === 'duration') return run.started === null ? undefined : ((run.ended ?? NOW) - run.started) / 1000;
  if (field.name === 'starred') return Number(run.starred);
  return run[field.name] ?? undefined;
}

function compares(have: Json | undefined, op: CompareOp, want: Value): boolean {
  if (have === undefined) return false;
  const left = typeof have === 'string' ? have : JSON.stringify(have);
  const leftNumber =
    typeof have === 'number' ? have : typeof have === 'string' && isNumeric(have) ? Number(have) : null;
  const right = typeof want === 'number' || (typeof want === 'string' && isNumeric(want)) ? Number(want) : null;
  const order = (a: number | string, b: number | string) =>
    ({ '=': a === b, '!=': a !== b, '<': a < b, '<=': a <= b, '>': a > b, '>=': a >= b })[op];
  if (right !== null) return leftNumber === null ? op === '!=' : order(leftNumber, right);
  if (op === '=' || op === '!=') return order(left, String(want));
  return leftNumber === null && order(left, String(want));
}

function matches(run: RunRow, query: Expression): boolean {
  switch (query.kind) {
    case 'and':
      return query.of.every((part) => matches(run, part));
    case 'or':
      return query.of.some((part) => matches(run, part));
    case 'not':
      return !matches(run, query.of);
    case 'compare':
      return compares(fieldValue(run, query.field), query.op, starredValue(query.field, query.value));
    case 'in':
      return query.values.some((value) =>
        compares(fieldValue(run, query.field), '=', starredValue(query.field, value)),
      );
    case 'match': {
      const value = fieldValue(run, query.field);
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      return value !== undefined && RE2JS.compile(query.pattern).matcher(text).find();
    }
  }
}

function starredValue(field: Field, value: Value): Value {
  return field.kind === 'column' && field.name === 'starred' && typeof value === 'boolean' ? Number(value) : value;
}

const QUERIES = [
  'status = failed',
  'status != failed and starred',
  'not starred = true',
  'params.lr < 0.05',
  'not params.lr < 0.05',
  'params.lr = 0.001 or params.lr = "1e-4"',
  'params.lr != 0.1',
  'params.lr = auto',
  'params.lr >= "a"',
  'params.lr = true',
  'params.lr in (0.1, auto, null)',
  'params["model.kind"] ~ "^[cC]"',
  'params.lr ~ "^0\\.0"',
  'metrics["val/acc"] > 0.4',
  'metrics["val/acc"].max > 0.9 and tags.team = "nlp"',
  'metrics["val/acc"].min != 0.1',
  'not metrics["val/acc"] <= 0.5',
  'tags.team = 12',
  'tags.team in ("nlp", "vision")',
  'name = 7',
  'name != 7',
  'name < 8',
  'name ~ "res.*50" or name = "it\\"s"',
  'experiment = a',
  'experiment != a',
  'not experiment = a',
  'duration > 60',
  'not duration > 60',
  'created > 1760000020000 and attempt >= 2',
  'ended < 1760000300000',
  'params.absent = 1 or tags.absent != x',
  '(status = running or status = completed) and not (tags.team = nlp or params.lr > 0.05)',
];

describe('catalog queries', () => {
  it('match the rows and the count of a naive evaluation', () => {
    const random = mulberry32(5);
    const runs = Array.from({ length: 300 }, (_, i) => drawRow(i, random));
    runs.forEach((run) => catalog.put(run));
    for (const text of QUERIES) {
      const query = parseQuery(text, NOW)!;
      const expected = runs.filter((run) => matches(run, query));
      const page = catalog.list({ limit: 1000 }, query, NOW);
      expect({ text, ids: page.rows.map((run) => run.run_id).sort() }).toEqual({
        text,
        ids: expected.map((run) => run.run_id),
      });
      expect(page.total).toBe(expected.length);
      // And so does what asks it of one row at a time.
      expect({ text, rows: runs.filter((run) => matchesRow(query, run, NOW)) }).toEqual({ text, rows: expected });
      const counted = catalog.list({ limit: 3 }, query, NOW);
      expect(counted.total).toBe(expected.length);
    }
  });

  it('treat names, keys and values that contain SQL as text', () => {
    const evil = `x'; DROP TABLE run; --`;
    catalog.put(row('a', { name: evil, params: { [evil]: evil }, tags: { [`"] = 1`]: '%' } }));
    catalog.put(row('b'));
    const find = (text: string) => catalog.list({}, parseQuery(text)).rows.map((run) => run.run_id);
    expect(find(`name = "${evil}"`)).toEqual(['a']);
    expect(find(`params["${evil}"] = "${evil}"`)).toEqual(['a']);
    expect(find('tags.x = "%"')).toEqual([]);
    expect(catalog.size).toBe(2);
  });

  it('match a pattern in time linear in the text', () => {
    catalog.put(row('a', { name: 'a'.repeat(5000) }));
    // One that tries all ways would not come back.
    expect(catalog.list({}, parseQuery('name ~ "(a+)+$" and name ~ "(a|aa)+b"')).total).toBe(0);
  });
});

describe('catalog lists', () => {
  const SORTS = [
    [{ by: 'created', desc: true }],
    [{ by: 'experiment' }, { by: 'name', desc: true }],
    [{ by: 'metrics["val/acc"].max', desc: true }],
    [{ by: 'metrics["val/acc"]' }, { by: 'created' }],
    [{ by: 'params.lr', desc: true }],
    [{ by: 'params.lr' }, { by: 'tags.team', desc: true }],
    [{ by: 'duration' }],
    [{ by: 'starred', desc: true }, { by: 'status' }],
  ];

  it('sort by any field with missing values last, and page through every row once', () => {
    const random = mulberry32(9);
    const runs = Array.from({ length: 150 }, (_, i) => drawRow(i, random));
    runs.forEach((run) => catalog.put(run));
    for (const sort of SORTS) {
      const expected = [...runs].sort((a, b) => compareRuns(a, b, sort)).map((run) => run.run_id);
      const all: string[] = [];
      let cursor: string | undefined;
      do {
        const page = catalog.list({ sort, limit: 17, cursor }, null, NOW);
        expect(page.total).toBe(150);
        all.push(...page.rows.map((run) => run.run_id));
        cursor = page.cursor ?? undefined;
      } while (cursor !== undefined);
      expect({ sort, all }).toEqual({ sort, all: expected });
    }
  });

  it('neither repeat nor skip a row when others come and go between two pages', () => {
    for (let i = 0; i < 20; i++) catalog.put(row(`run-${String(i).padStart(2, '0')}`, { created: 1000 + i }));
    const first = catalog.list({ limit: 5 }, null);
    catalog.put(row('new', { created: 9999 }));
    catalog.remove('run-19');
    catalog.remove('run-15');
    const second = catalog.list({ limit: 5, cursor: first.cursor! }, null);
    expect(first.rows.map((run) => run.run_id)).toEqual(['run-19', 'run-18', 'run-17', 'run-16', 'run-15']);
    expect(second.rows.map((run) => run.run_id)).toEqual(['run-14', 'run-13', 'run-12', 'run-11', 'run-10']);
    expect(second.total).toBe(19);
  });

  it('return whole rows, or only the requested fields', () => {
    const random = mulberry32(2);
    const runs = Array.from({ length: 20 }, (_, i) => drawRow(i, random));
    runs.forEach((run) => catalog.put(run));
    for (const run of runs) expect(catalog.get(run.run_id)).toEqual(run);
    const [one] = catalog.list({ fields: ['name', 'metrics'], limit: 1, sort: [{ by: 'run_id' }] }, null).rows;
    expect(one).toEqual({ run_id: runs[0]!.run_id, name: runs[0]!.name, metrics: runs[0]!.metrics });
  });

  it('follow changed, added and removed keys of a run', () => {
    catalog.put(row('a', { params: { lr: 1, old: 2 }, tags: { t: 'x' }, metrics: { loss: summary(1, 1, 1, 1) } }));
    catalog.put(row('a', { params: { lr: 3, fresh: 4 }, metrics: { loss: summary(0.5, 0.5, 1, 0.7) }, name: 'other' }));
    const finds = (text: string) => catalog.list({}, parseQuery(text)).total;
    expect(finds('params.lr = 3 and params.fresh = 4 and metrics.loss < 1 and name = other')).toBe(1);
    expect(finds('params.old = 2 or tags.t = x or params.lr = 1')).toBe(0);
    catalog.remove('a');
    expect(catalog.list({}, null)).toEqual({ rows: [], total: 0, cursor: null });
    expect(finds('params.lr = 3')).toBe(0);
  });

  it('refuse unknown sort fields and cursors', () => {
    expect(() => catalog.list({ sort: [{ by: 'rank; DROP TABLE run' }] }, null)).toThrow(/cannot be sorted by/);
    expect(() => catalog.list({ cursor: 'zzz' }, null)).toThrow(/first page/);
  });
});

describe('catalog file', () => {
  it('loads unchanged, and still matches patterns after a save', async () => {
    catalog.put(row('a', { params: { lr: 0.1 }, name: 'resnet' }));
    expect(catalog.dirty).toBe(true);
    expect(catalog.save(() => true)).toBe(readFileSync(file).length);
    expect(catalog.dirty).toBe(false);
    expect(catalog.list({}, parseQuery('name ~ "^res"')).total).toBe(1);
    catalog.close();
    catalog = Catalog.open(await testSql(), file);
    expect(catalog.damage).toBeNull();
    expect(catalog.get('a')).toEqual(row('a', { params: { lr: 0.1 }, name: 'resnet' }));
    catalog.put(row('b'));
    expect([catalog.size, catalog.get('b')]).toEqual([2, row('b')]);
  });

  it('is reported as damaged, and replaced by the next save', async () => {
    catalog.put(row('a'));
    catalog.save(() => true);
    catalog.close();
    const bytes = readFileSync(file);
    bytes[2000]! ^= 1;
    writeFileSync(file, bytes);
    catalog = Catalog.open(await testSql(), file);
    expect(catalog.damage).toMatch(/checksum/);
    expect(catalog.size).toBe(0);
    catalog.put(row('b'));
    expect(catalog.save(() => true)).toBeGreaterThan(0);
  });
});

function compareRuns(a: RunRow, b: RunRow, sort: { by: string; desc?: boolean }[]): number {
  for (const { by, desc } of sort) {
    const query = parseQuery(`${by} = 0`)!;
    const field = query.kind === 'compare' ? query.field : null;
    for (const part of [numberPart, textPart]) {
      const [left, right] = [part(fieldValue(a, field!), field!), part(fieldValue(b, field!), field!)];
      if (left === right) continue;
      if (left === null) return 1;
      if (right === null) return -1;
      return (left < right ? -1 : 1) * (desc ? -1 : 1);
    }
  }
  return a.run_id < b.run_id ? -1 : 1;
}

function numberPart(value: Json | undefined, field: Field): string | number | null {
  if (value === undefined) return null;
  if (field.kind === 'column') return value as string | number;
  return typeof value === 'number' ? value : typeof value === 'string' && isNumeric(value) ? Number(value) : null;
}

function textPart(value: Json | undefined, field: Field): string | null {
  if (value === undefined || field.kind === 'column' || numberPart(value, field) !== null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
