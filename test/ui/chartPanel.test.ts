/** What the chart panel draws is held against the journals: every axis, means and bands, zoom, expressions, what is kept. */
import { rmSync } from 'node:fs';
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { addRuns, folderWithRuns, logged } from './chartRuns';
import { ChartPage } from './chartPage';
import { expectSameCurve } from './curves';
import { screenshotFailures, until, Workbench } from './workbench';

const SEEDS = [1, 2, 3];
const SWEEP = [1, 2].flatMap((lr) => SEEDS.map((seed) => `sweep:${lr}:${seed}`));
const RUN = 'lr1-1';
const CLOSE = 1e-9;

let folder: string;
let workbench: Workbench;
let page: ChartPage;

beforeAll(async () => {
  folder = await folderWithRuns([...SWEEP, 'worker:0', 'worker:1', 'worker:2', 'worker:3', 'long']);
  workbench = await Workbench.open({ folder });
  page = new ChartPage(workbench);
  await workbench.showRuns();
});

screenshotFailures(() => workbench);

afterAll(async () => {
  await workbench?.close();
  rmSync(folder, { recursive: true, force: true });
});

const points = (runId: string, key: string, worker?: string) =>
  logged(folder, runId, key, worker).map(({ step, value }) => ({ x: step, y: value, attempt: 1 }));

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: number[]) =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1));

function expectClose(actual: number[], expected: number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 9));
}

describe('six runs of a sweep', () => {
  beforeAll(async () => {
    await workbench.rowAction('sweep', 'Open Charts');
    await page.drawn('val/loss', RUN);
  });

  afterEach(() => page.restore());

  test('draw every logged value', async () => {
    for (const lr of [1, 2]) {
      for (const seed of [1, 3]) {
        for (const key of ['train/loss', 'val/loss'])
          expectSameCurve(await page.drawn(key, `lr${lr}-${seed}`), points(`lr${lr}-${seed}`, key));
      }
    }
    await workbench.allScreenshots('charts-sweep');
  });

  test('mark NaN and ∞ at the edge of the chart, at their steps', async () => {
    const { bad } = await page.drawn('train/loss', 'lr1-2');
    expect(bad.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['nan', 'inf']));
    const at = logged(folder, 'lr1-2', 'train/loss').filter(({ value }) => !Number.isFinite(value));
    expect(at.map(({ step }) => step)).toEqual([50, 51, 120]);
    await page.chart('train/loss').locator('.chart-bad', { hasText: '3 NaN/∞' }).waitFor();
  });

  test('can be drawn over epochs, relative time and wall time', async () => {
    const all = logged(folder, RUN, 'val/loss');
    const start = logged(folder, RUN, 'train/loss')[0]!.at;
    await page.chooseAxis('Epoch');
    const byEpoch = await page.until('val/loss', RUN, ({ x }) => x[0] === all[0]!.epoch);
    expect(byEpoch.x).toEqual(all.map(({ epoch }) => epoch));
    expect(byEpoch.y).toEqual(all.map(({ value }) => value));

    await page.chooseAxis('Wall time');
    const byClock = await page.until('val/loss', RUN, ({ x }) => x[0]! > 1e12);
    byClock.x.forEach((x, i) => expect(Math.abs(x - all[i]!.at)).toBeLessThan(1));
    expect(byClock.y).toEqual(all.map(({ value }) => value));

    await page.chooseAxis('Relative time');
    const relative = await page.until('val/loss', RUN, ({ x }) => x[0]! < 1000 && x[0] !== all[0]!.epoch);
    // Since the run's first event, which comes a moment before its first metric.
    const late = relative.x[0]! - (all[0]!.at - start) / 1000;
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(5);
    relative.x.forEach((x, i) => expect(x - late).toBeCloseTo((all[i]!.at - start) / 1000, 3));
  });

  test('are compared over chosen axes, and the arrow keys go from run to run', async () => {
    await page.tab('Compare');
    const axes = page.content.getByRole('group', { name: 'Axes' });
    await axes.getByRole('button', { name: 'seed' }).click();
    const parallel = page.content.locator('.run-plot.parallel');
    await until('an axis is gone', async () =>
      /^6 runs across lr, lr \(metric\), val\/acc$/.test((await parallel.getAttribute('aria-label')) ?? ''),
    );
    const last = (run: string): number => logged(folder, run, 'val/acc').at(-1)!.value;
    const [worst] = [1, 2].flatMap((lr) => SEEDS.map((seed) => `lr${lr}-${seed}`)).sort((a, b) => last(a) - last(b));
    await parallel.focus();
    await workbench.page.keyboard.press('ArrowUp');
    await page.content
      .locator('.compare .tooltip', { hasText: worst!.replace('-', ' seed=').replace('lr', 'lr=') })
      .waitFor();
    await workbench.page.keyboard.press('Enter');
    const name = worst!.replace('-', ' seed=').replace('lr', 'lr=');
    await page.content.locator('h1', { hasText: name }).waitFor();
    const table = page.content.locator('.compare .logged-rows');
    await table.getByRole('button', { name: 'val/acc' }).click();
    await until('the worst is the first row', async () =>
      (await table.locator('tbody tr').first().textContent())?.startsWith(`${name}completed`),
    );
    await page.tab('Charts');
  });

  test('can be drawn over another metric', async () => {
    await page.chooseAxis('val/acc');
    const accuracy = logged(folder, RUN, 'val/acc').map(({ value }) => value);
    const curve = await page.until('val/loss', RUN, ({ x }) => x[0] === accuracy[0]);
    expect(curve.x).toEqual(accuracy);
    expect(curve.y).toEqual(logged(folder, RUN, 'val/loss').map(({ value }) => value));
    await workbench.screenshot('charts-metricAxis');
  });

  test('logarithmic axes leave out what is not above zero', async () => {
    await page.option('Log x', true);
    await page.toolbar.getByText('Log y').click();
    const curve = await page.drawn('val/loss', RUN);
    expect(curve.y).toEqual(logged(folder, RUN, 'val/loss').map(({ value }) => value));
    await workbench.screenshot('charts-logarithmic');
    await page.toolbar.getByText('Log y').click();
  });

  test('groups by a param show the mean of their runs, with their standard deviation or range', async () => {
    await page.groupBy('lr');
    const values = SEEDS.map((seed) => logged(folder, `lr1-${seed}`, 'val/loss').map(({ value }) => value));
    const finite = values[0]!.map((_, i) => values.map((run) => run[i]!));
    const grouped = await page.any('val/loss', ({ label }) => label.includes('lr 1'));
    expect(grouped.label).toBe('lr 1 (3 runs)');
    expect(grouped.x).toEqual(logged(folder, RUN, 'val/loss').map(({ step }) => step));
    expectClose(grouped.y, finite.map(mean));
    expectClose(
      grouped.band!.max,
      finite.map((at) => mean(at) + deviation(at)),
    );
    expectClose(
      grouped.band!.min,
      finite.map((at) => mean(at) - deviation(at)),
    );
    expect((await workbench.plotted()).filter(({ key }) => key === 'val/loss')).toHaveLength(2);
    await workbench.allScreenshots('charts-grouped');

    await page.choose('Band around means', 'Minimum to maximum');
    const ranged = await page.any(
      'val/loss',
      ({ label, band }) => label.includes('lr 1') && Math.abs(band!.max[0]! - Math.max(...finite[0]!)) < CLOSE,
    );
    expectClose(
      ranged.band!.min,
      finite.map((at) => Math.min(...at)),
    );
    expectClose(
      ranged.band!.max,
      finite.map((at) => Math.max(...at)),
    );
  });

  test('smoothing draws a debiased moving average over the raw curve', async () => {
    const weight = 0.6;
    await page.smooth(weight);
    const raw = logged(folder, RUN, 'val/loss').map(({ value }) => value);
    let sum = 0;
    const smoothed = raw.map((value, i) => {
      sum = weight * sum + (1 - weight) * value;
      return sum / (1 - weight ** (i + 1));
    });
    const curve = await page.until('val/loss', RUN, ({ line, y }) => line[1] !== y[1]);
    expectClose(curve.line, smoothed);
    expect(curve.y).toEqual(raw);
  });

  test('an expression over metrics has a chart of its own', async () => {
    await page.newChart(['val/loss - train/loss', 'val/acc']);
    const train = new Map(logged(folder, RUN, 'train/loss').map(({ step, value }) => [step, value]));
    const val = logged(folder, RUN, 'val/loss');
    const key = 'val/loss - train/loss';
    // 200 points are more than the chart has room for: they are compared where both are exact.
    const curve = await page.drawn(key, RUN);
    expect(curve.x).toEqual(val.map(({ step }) => step));
    expectClose(
      curve.y,
      val.map(({ step, value }) => value - train.get(step)!),
    );
    expect((await page.drawn('val/acc', RUN)).y).toEqual(logged(folder, RUN, 'val/acc').map(({ value }) => value));
    await workbench.screenshot('charts-expression');
    await page.chartMenu('val/loss - train/loss, val/acc', 'Delete Chart');
    await until('it is gone', async () => !(await workbench.plotted()).some((one) => one.key === key));
  });

  test('a chart can be pinned, shown in full size, and restored', async () => {
    await page.chartMenu('val/acc', 'Pin to Top');
    await page.content.locator('.section[data-section="pinned"] .chart', { hasText: 'val/acc' }).waitFor();
    await page.chart('val/acc').getByRole('button', { name: 'val/acc: Maximize Chart' }).click();
    await until('only that one is there', async () => (await page.content.locator('.chart:visible').count()) === 1);
    const full = await page.until('val/acc', RUN, ({ x }) => x.length === 20);
    expect(full.y).toEqual(logged(folder, RUN, 'val/acc').map(({ value }) => value));
    await workbench.screenshot('charts-full');
    await page.chart('val/acc').getByRole('button', { name: 'Restore All Charts' }).click();
    await until('all are there again', async () => (await page.content.locator('.chart:visible').count()) > 3);
    await page.chartMenu('val/acc', 'Unpin');
  });

  test('charts and the list of runs can be resized by dragging and by the arrow keys', async () => {
    const { mouse, keyboard } = workbench.page;
    const width = async (of: Locator): Promise<number> => (await of.boundingBox())!.width;
    const corner = page.corner('val/acc');
    const [usual, beside] = [await width(page.chart('val/acc')), await page.chart('val/loss').boundingBox()];
    const column = (usual + 12) / 3;

    await page.pull(corner, 20, 50);
    await keyboard.press('Escape');
    await mouse.up();
    await page.sized('val/acc', '3 of 6 columns, 222 pixels high');
    await page.pull(corner, column, 50);
    await until('it is drawn wider', async () => {
      const canvas = page.plot('val/acc').locator('canvas');
      return Math.abs((await width(canvas)) - (usual + column - 2)) < 2;
    });
    expect(await page.chart('val/loss').boundingBox()).toEqual(beside);
    await workbench.screenshot('charts-dragged');
    await mouse.up();
    await page.sized('val/acc', '4 of 6 columns, 272 pixels high');
    await until('the next one gave way', async () => (await page.chart('val/loss').boundingBox())!.y > beside!.y + 200);

    await keyboard.press('ArrowDown');
    await keyboard.press('End');
    await page.sized('val/acc', '6 of 6 columns, 292 pixels high');
    await keyboard.press('Escape');
    await page.sized('val/acc', '3 of 6 columns, 222 pixels high');
    await keyboard.press('Home');
    await page.sized('val/acc', '2 of 6 columns, 222 pixels high');
    await corner.dblclick();
    await page.sized('val/acc', '3 of 6 columns, 222 pixels high');
    expect(await page.chart('val/loss').boundingBox()).toEqual(beside);

    const list = page.content.locator('.run-list');
    const narrow = await width(list);
    await page.pull(page.content.getByRole('separator'), 70, 0);
    await until('the list is wider', async () => (await width(list)) === Math.round(narrow + 70));
    await mouse.up();
    await keyboard.press('ArrowLeft');
    await until('it is 20 pixels less', async () => (await width(list)) === Math.round(narrow + 70) - 20);
    await page.content.getByRole('separator').dblclick();
    await until('it is as it was', async () => (await width(list)) === narrow);
  });

  test('named views and the current view survive a reload', async () => {
    await page.chooseAxis('Epoch');
    await page.groupBy('lr');
    await page.corner('val/acc').press('End');
    await page.views('Save View…');
    await workbench.answer('by learning rate');
    await page.restore();
    await page.drawn('val/loss', RUN);
    await page.any('val/loss', ({ label }) => !label.includes('lr 1'));
    await page.smooth(0.5);
    await page.corner('val/acc').press('Home');
    await page.content.getByRole('separator').press('Home');
    await page.stored();
    await workbench.reload();
    await page.until('val/loss', RUN, ({ line, y }) => line[1] !== y[1]);
    await page.sized('val/acc', '2 of 6 columns, 222 pixels high');
    expect((await page.content.locator('.run-list').boundingBox())!.width).toBe(140);
    await page.views('by learning rate');
    const shown = await page.any('val/loss', ({ label }) => label === 'lr 1 (3 runs)');
    expect(shown.x).toEqual(logged(folder, RUN, 'val/loss').map(({ epoch }) => epoch));
    expect(shown.line).toEqual(shown.y);
    await page.sized('val/acc', '6 of 6 columns, 222 pixels high');
  });
});

test('the mean over workers ends at the last step that all of them have reported', async () => {
  await workbench.rowAction('four workers', 'Open Charts');
  await page.until('loss', 'workers', () => true);
  const ranks = [0, 1, 2, 3].map((rank) => points('workers', 'loss', `worker-${rank}`));
  const each = (await workbench.plotted()).filter(({ run_id }) => run_id === 'workers');
  expect(each.map(({ worker }) => worker)).toEqual(['worker-0', 'worker-1', 'worker-2', 'worker-3']);
  each.forEach((curve, rank) => expectSameCurve(curve, ranks[rank]!));
  await page.option('Mean over workers', true);
  const curve = await page.until('loss', 'workers', ({ worker }) => worker === 'mean');
  const steps = ranks[3]!.map(({ x }) => x);
  expect(curve.x).toEqual(steps);
  expectClose(
    curve.y,
    steps.map((step) => mean(ranks.map((rank) => rank[step]!.y))),
  );
  expectClose(
    curve.band!.max,
    steps.map((step) => mean(ranks.map((rank) => rank[step]!.y)) + deviation(ranks.map((rank) => rank[step]!.y))),
  );
  await workbench.screenshot('charts-workers');
});

describe('a long run', () => {
  beforeAll(async () => {
    await workbench.rowAction('long,', 'Open Charts');
    await page.until('loss', 'long', () => true);
  });

  test('shows its spike, and every point of a range that was zoomed by dragging', async () => {
    const all = points('long', 'loss');
    const whole = await page.until('loss', 'long', ({ x }) => x.length > 50);
    expectSameCurve(whole, all);
    expect(Math.max(...whole.band!.max)).toBe(Math.max(...all.map(({ y }) => y)));
    // Twice, because 20,000 points are many.
    await page.drag('loss', 0.6, 0.63);
    await page.until('loss', 'long', ({ x }) => x.at(-1)! - x[0]! < 1000);
    await page.drag('loss', 0.3, 0.5);
    const zoomed = await page.until('loss', 'long', ({ x, band }) => band === null && x.length > 20);
    const inside = all.filter(({ x }) => x >= zoomed.x[0]! && x <= zoomed.x.at(-1)!);
    expect(zoomed.x).toEqual(inside.map(({ x }) => x));
    expect(zoomed.y).toEqual(inside.map(({ y }) => y));
    await workbench.screenshot('charts-zoomed');

    const from = zoomed.x[0]!;
    await page.wheel('loss', 400, 0);
    await page.until('loss', 'long', ({ x }) => x[0]! > from);
    await page.plot('loss').dblclick();
    await page.until('loss', 'long', ({ x }) => x.at(-1)! > 19_000);
  });

  test('is zoomed in both directions by dragging with Shift', async () => {
    await page.drag('loss', 0.2, 0.4, { shift: true });
    await page.until('loss', 'long', ({ x }) => x.at(-1)! < 9000);
    await workbench.screenshot('charts-zoomedHeights');
    await page.toolbar.getByRole('button', { name: 'Reset Zoom' }).click();
    await page.until('loss', 'long', ({ x }) => x.at(-1)! > 19_000);
  });

  test('can be read and zoomed by the keyboard alone', async () => {
    const all = points('long', 'loss');
    await page.plot('loss').focus();
    await workbench.page.keyboard.press('Home');
    await until('the first value is told', async () =>
      (await page.content.locator('[aria-live]').textContent())?.includes('step 0'),
    );
    for (let i = 0; i < 9; i++) await workbench.page.keyboard.press('+');
    const zoomed = await page.until('loss', 'long', ({ band, x }) => band === null && x.length > 5);
    const inside = all.filter(({ x }) => x >= zoomed.x[0]! && x <= zoomed.x.at(-1)!);
    expect(zoomed.y).toEqual(inside.map(({ y }) => y));
    await workbench.page.keyboard.press('.');
    await page.until('loss', 'long', ({ x }) => x[0]! > zoomed.x[0]!);
    await workbench.page.keyboard.press('0');
    await page.until('loss', 'long', ({ x }) => x.at(-1)! > 19_000);
    await workbench.page.keyboard.press('Enter');
    await page.content.locator('.menu button:focus').waitFor();
    await workbench.page.keyboard.press('Escape');
  });
});

describe('fifty runs with long names', () => {
  const curves = async (key: string) => (await workbench.plotted()).filter((one) => one.key === key);

  beforeAll(async () => {
    // Last: they leave no room in the explorer for others.
    await addRuns(folder, ['many:50']);
    await workbench.tree.locator('.monaco-list-row', { hasText: '50 runs' }).waitFor();
    await workbench.rowAction('many', 'Open Charts');
    await until('all are drawn', async () => (await curves('val/loss')).filter(({ x }) => x.length > 0).length === 50);
  });

  test('draw every logged value, each run in its own colour and dash pattern', async () => {
    for (const n of [0, 17, 49]) {
      for (const key of ['train/loss', 'val/loss'])
        expectSameCurve(await page.drawn(key, `many-${n}`), points(`many-${n}`, key));
    }
    const list = page.content.locator('.run-line');
    expect(await list.count()).toBe(50);
    await workbench.screenshots('charts-fifty');
  });

  test('highlight the run under the pointer in the list', async () => {
    const plot = page.plot('val/loss');
    const usual = await plot.screenshot();
    const looksUsual = async (): Promise<boolean> => (await plot.screenshot()).equals(usual);
    await page.content.locator('.run-line').nth(3).hover();
    await until('it stands out', async () => !(await looksUsual()));
    await page.content.locator('.panel-header h1').hover();
    await until('all are as they were', looksUsual);
  });

  test('become fewer curves by hiding and by grouping', async () => {
    await page.content.locator('.run-line vscode-checkbox').first().click();
    await until('one is gone', async () => (await curves('val/loss')).length === 49);
    const left = (await curves('val/loss')).map(({ run_id }) => run_id);
    await page.groupBy('lr');
    await until('four are left', async () => (await curves('val/loss')).length === 4);
    const values = left
      .filter((id) => Number(id.split('-')[1]) % 4 === 1)
      .map((id) => logged(folder, id, 'val/loss').map(({ value }) => value));
    const group = await page.any('val/loss', ({ label }) => label.startsWith('lr 0.1 '));
    const [at] = group.x.map((x) => logged(folder, 'many-1', 'val/loss').findIndex(({ step }) => step === x));
    expect(group.y[0]).toBeCloseTo(mean(values.map((run) => run[at!]!)), 9);
    await page.groupBy('None');
  });
});
