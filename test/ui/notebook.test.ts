/** From an untouched notebook to the first curve, on the packaged extension, by clicks alone, with a kernel of IPython's where it is installed. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ROOT } from '../../scripts/dependencies.mjs';
import { makePackage } from '../../scripts/package.mjs';
import { expectSameCurve } from './curves';
import { loggedCurve, runIds } from './journals';
import { screenshotFailures, until, Workbench } from './workbench';

const COMPANION = join(ROOT, 'test/fixtures/companions/jupyter');
const TRAINING = `lr = 0.1
for epoch in range(1, EPOCHS + 1):
    loss = step(lr)
    print(f"epoch {epoch}/{EPOCHS} loss={loss:.4f}")
    time.sleep(0.1)
    if os.path.exists(ENOUGH):
        break`;
const cells = (): string[] => [
  `import os, random, time\n\nEPOCHS = 2000\nENOUGH = ${JSON.stringify(enough())}\nweight = 1.0`,
  'def step(lr):\n    global weight\n    weight *= 1 - lr * random.random()\n    return weight + 0.05',
  TRAINING,
];
const TYPED = `import time
for epoch in range(1, 7): loss = 1 / epoch; print(f"epoch {epoch}/6 loss={loss:.4f}"); time.sleep(0.1)`;

let workbench: Workbench;
let folder: string;
/** While this file is there, trainings end. */
const enough = (): string => join(folder, 'enough');

/** The first Python here that has IPython's kernel; without one the companion's stands in. */
function kernelPython(): string {
  const given = [process.env['XTRACK_TEST_KERNEL_PYTHON'], 'python3', '/usr/bin/python3'];
  const has = (python: string): boolean => spawnSync(python, ['-c', 'import ipykernel, jupyter_client']).status === 0;
  return given.find((python) => python && has(python)) ?? 'python3';
}

function notebook(): string {
  return JSON.stringify({
    cells: cells().map((text, i) => ({
      cell_type: 'code',
      id: `c${i}`,
      metadata: {},
      execution_count: null,
      outputs: [],
      source: text.split(/(?<=\n)/),
    })),
    metadata: {
      kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' },
      language_info: { name: 'python' },
    },
    nbformat: 4,
    nbformat_minor: 5,
  });
}

beforeAll(async () => {
  const home = mkdtempSync(join(tmpdir(), 'xt-nb-'));
  folder = join(home, 'work');
  mkdirSync(folder);
  writeFileSync(join(folder, 'train.ipynb'), notebook());
  const env = { XTRACK_TEST_KERNEL_PYTHON: kernelPython() };
  const vsix = await makePackage(home);
  workbench = await Workbench.open({ folder, vsix, companions: [COMPANION], env });
});

let broken = false;
beforeEach(() => {
  if (broken) throw new Error('an earlier step failed');
});
afterEach(({ task }) => {
  broken ||= task.result?.state === 'fail';
});
screenshotFailures(() => workbench);

afterAll(async () => {
  await workbench?.close();
  rmSync(join(folder, '..'), { recursive: true, force: true });
});

const drawn = () => workbench.plotted();
const lens = () => workbench.page.locator('.codelens-decoration a', { hasText: 'Track this cell' });
/** The cell with the training loop. */
const cell = () => workbench.page.locator('.code-cell-row', { hasText: 'Track this cell' });

test('a click on the lens of the cell that trains, and the first curve is drawn', async () => {
  await workbench.page.getByText('train.ipynb').first().dblclick();
  await lens().first().waitFor();
  expect(await lens().count()).toBe(1);
  await workbench.screenshot('notebook-lens');
  await lens().first().click();
  await workbench.page.locator('.monaco-dialog-box', { hasText: 'No cell of train.ipynb has been run yet.' }).waitFor();
  await workbench.screenshot('notebook-question');
  await workbench.page.getByRole('button', { name: 'Run Cells Above First' }).click();
  await until('a curve that grows', async () => ((await workbench.plottedCurve('loss'))?.x.length ?? 0) > 3);
  const ids = runIds(folder);
  expect(ids).toHaveLength(1);
  await workbench.showRuns();
  await workbench.row(', running').waitFor();
  await workbench.screenshots('notebook-running');
  writeFileSync(enough(), '');
  await workbench.row(', completed').waitFor();
  const points = loggedCurve(folder, ids[0]!, 'loss');
  expect(points.length).toBeGreaterThan(3);
  await until('the whole curve is drawn', async () => {
    expectSameCurve(await workbench.plottedCurve('loss', ids[0]), points);
    return true;
  });
});

test('the notebook is as it was, but for what its cells gave out', async () => {
  expect(await workbench.page.locator('.code-cell-row').count()).toBe(cells().length);
});

test('running the cell again, as one does, makes a run of its own', async () => {
  const before = runIds(folder);
  rmSync(enough());
  await runCell();
  const again = await until('a second run', () => runIds(folder).find((id) => !before.includes(id)));
  await until('its curve', async () => ((await workbench.plottedCurve('loss', again))?.x.length ?? 0) > 3);
  expect(new Set((await drawn()).map((curve) => curve.run_id))).toEqual(new Set([...before, again]));
  await workbench.row(', running').waitFor();
  await workbench.screenshots('notebook-again');
});

test('restarting the kernel ends the run that goes on in it', async () => {
  await cell().locator('.view-line').first().click();
  await workbench.runCommand('Jupyter: Restart');
  await workbench.row(', stopped').waitFor();
  await until('no run is active', async () => (await workbench.row(', running').count()) === 0);
  await workbench.screenshots('notebook-restarted');
});

test('what is typed into an interactive window is tracked by its button, and what was run there by its own', async () => {
  const { page } = workbench;
  const before = runIds(folder);
  const newRun = () => until('a run', () => runIds(folder).find((each) => !before.includes(each)));
  await workbench.runCommand('Jupyter: Create Interactive Window');
  await page.locator('.monaco-editor[data-uri^="vscode-interactive-input"]').click();
  await page.keyboard.insertText(TYPED);
  const buttons = page.locator(
    '.action-label:text-is("Track This Cell"), .action-label[aria-label^="Track This Cell"]',
  );
  await workbench.screenshot('interactive-typed');
  await buttons.first().click();
  const typed = await newRun();
  await until('all of it is logged', () => loggedCurve(folder, typed, 'loss').length === 6);
  await until('its curve', async () => ((await workbench.plottedCurve('loss', typed))?.x.length ?? 0) === 6);
  await workbench.screenshot('interactive-running');
  before.push(typed);
  await page.locator('.view-line', { hasText: 'for epoch in range(1, 7)' }).last().hover();
  await buttons.last().click();
  await workbench.screenshot('interactive-cell');
  const again = await newRun();
  await until('all of it is logged again', () => loggedCurve(folder, again, 'loss').length === 6);
});

async function runCell(): Promise<void> {
  await cell().hover();
  await cell().locator('.run-button-container .action-label').first().click();
}
