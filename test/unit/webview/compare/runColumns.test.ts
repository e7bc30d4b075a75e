import { expect, test } from 'vitest';
import { rankCorrelation, runColumns, shareOf, textOf, usualColumns } from '../../../../webview/compare/runColumns';
import type { Json } from '../../../../src/protocol/events';
import type { RunRow, Summary } from '../../../../src/protocol/rows';

function row(params: Record<string, Json>, metrics: Record<string, number>): RunRow {
  const summaries = Object.entries(metrics).map(([key, last]) => [key, { last } as Summary]);
  return { params, metrics: Object.fromEntries(summaries) as RunRow['metrics'] } as RunRow;
}

const ROWS = [
  row({ lr: 0.001, model: 'small', seed: 1, layers: [2, 2] }, { 'val/acc': 0.9, loss: 0.5, lr: 1, 'system/cpu': 10 }),
  row({ lr: 0.1, model: 'large', seed: 1, layers: [2, 2] }, { 'val/acc': 0.8, loss: NaN, lr: 2, 'system/cpu': 90 }),
  row({ lr: 0.01, model: 'large', seed: 1 }, { 'val/acc': 0.7, loss: 0.7, lr: 3 }),
];

test('columns are the params in which runs differ, then the last values of metrics', () => {
  const columns = runColumns(ROWS);
  expect(columns.map(({ id }) => id)).toEqual([
    ...['params.layers', 'params.lr', 'params.model'],
    ...['metrics.loss', 'metrics.lr', 'metrics.val/acc'],
  ]);
  expect(columns.map(({ label }) => label)).toContain('lr (metric)');
  const byId = (id: string) => columns.find((column) => column.id === id)!;
  expect(byId('params.layers').words).toEqual(['[2,2]', 'none']);
  // Over two decades the middle is the middle one.
  expect(byId('params.lr').log).toBe(true);
  expect(shareOf(byId('params.lr'), 0.01)).toBeCloseTo(0.5, 12);
  expect(byId('metrics.val/acc').log).toBe(false);
  const model = byId('params.model');
  expect(ROWS.map((one) => textOf(model, model.valueOf(one)!))).toEqual(['small', 'large', 'large']);
  expect(byId('metrics.loss').valueOf(ROWS[1]!)).toBeNull();
});

test('the key metric is the last axis by default', () => {
  const usual = usualColumns(runColumns(ROWS), 'val/acc').map(({ id }) => id);
  expect(usual).toEqual(['params.layers', 'params.lr', 'params.model', 'metrics.loss', 'metrics.val/acc']);
});

test('correlation with a metric uses ranks, so that scales and outliers do not matter', () => {
  const rows = [1, 2, 3, 4, 5].map((i) =>
    row({ lr: 10 ** i, odd: [2, 1, 4, 3, 5][i - 1]!, model: `m${i}` }, { loss: -i }),
  );
  rows.push(row({ lr: 7 }, {}));
  const [lr, model, odd, loss] = runColumns(rows);
  expect(rankCorrelation(rows, lr!, loss!)).toBeCloseTo(-1, 12);
  expect(rankCorrelation(rows, odd!, loss!)).toBeCloseTo(-0.8, 12);
  expect(rankCorrelation(rows, model!, loss!)).toBeNull();
  expect(rankCorrelation(rows.slice(0, 3), lr!, loss!)).toBeNull();
});
