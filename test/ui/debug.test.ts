/** "Debug with tracking" above a script: it stops at a breakpoint, its run is recorded like any other. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '../../scripts/dependencies.mjs';
import { loggedCurve, runIds } from './journals';
import { screenshotFailures, until, Workbench } from './workbench';

const COMPANION = join(ROOT, 'test/fixtures/companions/debugpy');
const STAND_IN = join(ROOT, 'test/fixtures/debugger/debugpy');
const SCRIPT = `import time

import xtrack

run = xtrack.start_run("debugged")
for step in range(40):
    loss = 1 / (step + 1)
    run.log_metric("loss", loss, step=step)
    time.sleep(0.05)
print("trained")
`;

let workbench: Workbench;
let folder: string;

/** debugpy where it is installed, with its Python; else what only lets the script run once somebody attached. */
function debugpy(): { python: string; path: string; real: boolean } {
  for (const python of ['python3', '/usr/bin/python3']) {
    const { status, stdout } = spawnSync(python, ['-c', 'import debugpy; print(debugpy.__file__)'], {
      encoding: 'utf8',
    });
    if (status === 0) return { python, path: dirname(stdout.trim()), real: true };
  }
  return { python: 'python3', path: STAND_IN, real: false };
}

const found = debugpy();

beforeAll(async () => {
  folder = join(mkdtempSync(join(tmpdir(), 'xt-debug-')), 'work');
  mkdirSync(folder);
  writeFileSync(join(folder, 'train.py'), SCRIPT);
  workbench = await Workbench.open({
    folder,
    companions: [COMPANION],
    env: { XTRACK_TEST_DEBUGPY: found.path },
    settings: { 'xtrack.interpreter': found.python },
  });
});
screenshotFailures(() => workbench);
afterAll(async () => {
  await workbench?.close();
  rmSync(join(folder, '..'), { recursive: true, force: true });
});

const lens = (title: string) => workbench.page.locator('.codelens-decoration a', { hasText: title }).first();
const toolbar = () => workbench.page.locator('.debug-toolbar');

test('a debugged script is recorded as a run and stops at its breakpoint', async () => {
  await workbench.openFile('train.py');
  await lens('Debug with tracking').waitFor();
  await workbench.screenshots('lens');
  if (found.real) {
    // The cursor on line 8, where the loss is logged.
    await workbench.page.locator('.view-line', { hasText: 'run.log_metric' }).click();
    await workbench.runCommand('Debug: Toggle Breakpoint');
  }
  await lens('Debug with tracking').click();
  await toolbar().waitFor({ timeout: 60_000 });
  const [id] = await until('a run', () => runIds(folder).length === 1 && (runIds(folder) as [string]));
  if (found.real) {
    await workbench.page.locator('.debug-top-stack-frame-line').first().waitFor();
    await workbench.screenshot('debug-breakpoint');
    expect(loggedCurve(folder, id, 'loss')).toHaveLength(0);
    await workbench.page.keyboard.press('F5');
    await until('one step', () => loggedCurve(folder, id, 'loss').length === 1);
    await workbench.page.locator('.debug-top-stack-frame-line').first().waitFor();
    await workbench.runCommand('Remove All Breakpoints');
    await workbench.page.keyboard.press('F5');
  }
  await workbench.showRuns();
  await workbench.row('debugged, completed').waitFor();
  expect(loggedCurve(folder, id, 'loss')).toHaveLength(40);
  await toolbar().waitFor({ state: 'hidden' });
});

test('a completed run can be run again from its charts, which then show both', async () => {
  expect(await workbench.panelButton('Resume').isVisible()).toBe(false);
  await workbench.panelButton('Run Again').click();
  const id = await until('a second run', () => runIds(folder)[1]);
  await until('its curve', async () => (await workbench.plottedCurve('loss', id))?.x.length === 40);
  expect(new Set((await workbench.plotted()).map(({ run_id }) => run_id)).size).toBe(2);
  await workbench.screenshot('run-again');
});

test('ending the debug session ends the run', async () => {
  writeFileSync(join(folder, 'train.py'), SCRIPT.replace('range(40)', 'range(4000)'));
  const before = runIds(folder);
  await lens('Debug with tracking').click();
  await toolbar().waitFor({ timeout: 60_000 });
  const id = await until('a run', () => runIds(folder).find((each) => !before.includes(each)));
  await until('it trains', () => loggedCurve(folder, id, 'loss').length > 3);
  await toolbar().locator('[aria-label^="Disconnect"], [aria-label^="Stop"]').first().click();
  await workbench.row('debugged, stopped').waitFor();
  await workbench.screenshot('debug-stopped');
});
