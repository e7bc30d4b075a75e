import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../../../src/domain/query/parse';
import { ApiError } from '../../../../src/protocol/apiError';

function failureOf(text: string): { column: number | undefined; code: string; message: string } {
  try {
    parseQuery(text);
  } catch (error) {
    if (error instanceof ApiError) return { column: error.data.column, code: error.data.code, message: error.message };
    throw error;
  }
  throw new Error(`${text} was understood`);
}

const status = { kind: 'column', name: 'status' };

describe('parseQuery', () => {
  it('returns null for a blank text', () => {
    expect(parseQuery('')).toBeNull();
    expect(parseQuery('  \n\t')).toBeNull();
  });

  it('reads a query with all kinds of conditions', () => {
    const text =
      'status = failed and params.lr < 0.01 and metrics.val_acc.max > 0.9 and tags.team = "nlp" and name ~ "resnet.*"';
    expect(parseQuery(text)).toEqual({
      kind: 'and',
      of: [
        { kind: 'compare', field: status, op: '=', value: 'failed' },
        { kind: 'compare', field: { kind: 'param', key: 'lr' }, op: '<', value: 0.01 },
        { kind: 'compare', field: { kind: 'metric', key: 'val_acc', stat: 'max' }, op: '>', value: 0.9 },
        { kind: 'compare', field: { kind: 'tag', key: 'team' }, op: '=', value: 'nlp' },
        { kind: 'match', field: { kind: 'column', name: 'name' }, pattern: 'resnet.*' },
      ],
    });
  });

  it('binds not tighter than and, and and tighter than or', () => {
    const a = { kind: 'compare', field: { kind: 'param', key: 'a' }, op: '=', value: 1 };
    expect(parseQuery('params.a=1 or not params.a=1 and params.a=1')).toEqual({
      kind: 'or',
      of: [a, { kind: 'and', of: [{ kind: 'not', of: a }, a] }],
    });
    expect(parseQuery('NOT (params.a=1 OR params.a=1) AND params.a=1')).toEqual({
      kind: 'and',
      of: [{ kind: 'not', of: { kind: 'or', of: [a, a] } }, a],
    });
  });

  it.each([
    ['metrics.loss > 1', 'loss', 'last'],
    ['metrics.loss.mean > 1', 'loss', 'mean'],
    ['metrics.a.b.min > 1', 'a.b', 'min'],
    ['metrics.train/loss.last > 1', 'train/loss', 'last'],
    ['metrics.max > 1', 'max', 'last'],
    ['metrics["train/loss"].max > 1', 'train/loss', 'max'],
    ['metrics[\'a "b".min\'] > 1', 'a "b".min', 'last'],
    ['metrics["精度 x"] > 1', '精度 x', 'last'],
  ])('reads the metric of %s', (text, key, stat) => {
    expect(parseQuery(text)).toMatchObject({ field: { kind: 'metric', key, stat } });
  });

  it('reads lists, booleans and fields that stand alone', () => {
    expect(parseQuery('status in (failed, "killed")')).toEqual({
      kind: 'in',
      field: status,
      values: ['failed', 'killed'],
    });
    expect(parseQuery('starred')).toMatchObject({ op: '=', value: true });
    expect(parseQuery('not starred and status != completed')).toMatchObject({ kind: 'and' });
    expect(parseQuery('params.amp = true')).toMatchObject({ value: true });
    expect(parseQuery('params.amp = "true"')).toMatchObject({ value: 'true' });
    expect(parseQuery('params.lr >= -1e-3')).toMatchObject({ op: '>=', value: -0.001 });
  });

  it('reads times: dates, spans back from now, epoch milliseconds', () => {
    expect(parseQuery('created > -2h', 10_000_000)).toMatchObject({ value: 10_000_000 - 7_200_000 });
    expect(parseQuery('started >= 2025-01-31')).toMatchObject({ value: Date.UTC(2025, 0, 31) });
    expect(parseQuery('ended < 1700000000000')).toMatchObject({ value: 1_700_000_000_000 });
    expect(parseQuery('duration > 90')).toMatchObject({ value: 90 });
  });

  it.each([
    ['status', 7],
    ['status =', 9],
    ['status = failed name', 17],
    ['status = failed and', 20],
    ['(status = failed', 17],
    ['status = failed)', 16],
    ['colour = red', 1],
    ['name = "open', 8],
    ['name ~ "(["', 8],
    ['status in failed', 11],
    ['status in (failed', 18],
    ['metrics["a" > 1', 13],
    ['metrics["a"].median > 1', 13],
    ['params > 1', 1],
    ['and', 1],
    ['created > soon', 11],
    ['= 1', 1],
  ])('reports the column at which %s is wrong', (text, column) => {
    expect(failureOf(text)).toMatchObject({ code: 'query_syntax', column });
  });

  it('refuses patterns that do not run in linear time, and deep nesting', () => {
    expect(failureOf('name ~ "(a)\\\\1"').column).toBe(8);
    expect(failureOf(`${'('.repeat(5000)}starred`).message).toContain('too deeply');
    expect(failureOf(`${'not '.repeat(5000)}starred`).message).toContain('too deeply');
  });
});
