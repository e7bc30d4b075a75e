/** From an editor with nothing open to the first curve of one's own script, on the packaged extension, by clicks alone. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { endProcesses } from '../../scripts/editorSession.mjs';
import { makePackage } from '../../scripts/package.mjs';
import { runIds } from './journals';
import { ARTIFACTS, screenshotFailures, until, Workbench } from './workbench';

const EPOCHS = 12;
/** Knows nothing of any tracker. */
const SCRIPT = `import time

loss = 1.0
for epoch in range(${EPOCHS}):
    for batch in range(4):
        time.sleep(0.05)
        loss *= 0.9
    print(f"epoch {epoch + 1}/${EPOCHS} loss={loss:.4f} acc={1 - loss:.4f}", flush=True)
`;

let home: string;
let project: string;
let workbench: Workbench;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'xtn-'));
  project = join(home, 'home/project');
  mkdirSync(project, { recursive: true });
  writeFileSync(join(project, 'train.py'), SCRIPT);
  const vsix = await makePackage(home);
  workbench = await Workbench.open({ folder: null, vsix, trust: false, env: { HOME: join(home, 'home') } });
});

// Each step goes on from the one before.
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
  if (project) await endProcesses(project);
  rmSync(home, { recursive: true, force: true });
});

const icon = (): Locator => workbench.page.locator('.part.activitybar [aria-label^="XTrack"]').first();
const lens = (): Locator => workbench.page.locator('.codelens-decoration a', { hasText: 'Track this script' }).first();
const welcome = (text: string): Locator => workbench.tree.locator('.monaco-button', { hasText: text });

test('the icon in the activity bar opens a view with the first steps', async () => {
  await icon().click();
  for (const button of ['Open Example', 'Track This Script', 'Watch Existing Folder', 'Open Folder']) {
    await welcome(button).waitFor();
  }
  await workbench.screenshots('newcomer-welcome');
});

test('an opened script has a “Track this script” lens', async () => {
  const { page, quickInput } = workbench;
  await welcome('Open Folder').click();
  await quickInput.locator('.monaco-list-row', { hasText: 'project' }).click();
  await until('the dialog is in the folder', async () => /\/project\/?$/.test(await workbench.input.inputValue()));
  await quickInput.locator('.monaco-button', { hasText: 'OK' }).click();
  await page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'train.py' }).click();
  await lens().waitFor();
});

test('launching in an untrusted folder offers to manage trust', async () => {
  const { page } = workbench;
  await lens().click();
  const manage = workbench.notification('not trusted').locator('.monaco-button', { hasText: 'Manage' });
  await manage.click();
  await page.locator('.workspace-trust-editor .monaco-button', { hasText: /^Trust$/ }).click();
  await page.locator('.monaco-modal-editor-block .action-label.codicon-close').first().click();
  expect(runIds(project)).toEqual([]);
});

test('one click on “Track this script” shows the run and draws the metrics that it prints', async () => {
  await lens().click();
  const drawn = await until(
    'a curve is drawn',
    async () => {
      const curve = await workbench.plottedCurve('loss');
      return curve && curve.x.length >= 3 && curve;
    },
    60,
  );
  for (const [i, y] of drawn.y.entries()) expect(y).toBeCloseTo(0.9 ** (4 * (i + 1)), 3);
  await icon().click();
  await workbench.row('train, completed').waitFor();
  expect((await workbench.plottedCurve('acc'))?.x).toHaveLength(EPOCHS);
  await workbench.screenshots('newcomer-curve');
  expect(runIds(project)).toHaveLength(1);
  expect(readFileSync(join(project, 'train.py'), 'utf8')).toBe(SCRIPT);
});

test('the walkthrough checks off completed steps', async () => {
  await showWalkthrough();
  await stepDone('Track your own script', true);
  await stepDone('Open the example', false);
  await stepDone('Add three lines', false);
  await stepDone('Compare runs', false);
  await workbench.page.locator('.part.activitybar [aria-label^="Explorer"]').first().click();
  await workbench.page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'train.py' }).click();
  await lens().click();
  await until('a second run', () => runIds(project).length === 2);
  await icon().click();
  await until('both are listed', async () => (await rows().count()) === 2);
  await rows().nth(0).click();
  await rows()
    .nth(1)
    .click({ modifiers: ['Control'] });
  await rows().nth(1).hover();
  await rows().nth(1).locator('.action-label[aria-label^="Open Charts"]').click();
  await until('two runs are in one chart', async () => {
    const shown = await Promise.all(Array.from({ length: await panels().count() }, (_, i) => runsIn(i)));
    return shown.some((runs) => runs === 2);
  });
  await showWalkthrough();
  await stepDone('Compare runs', true);
  await workbench.screenshots('newcomer-walkthrough');
});

test('the three lines can be copied, and a script with them checks off their step', async () => {
  const { page } = workbench;
  await step('Add three lines').click();
  await step('Add three lines').locator('.monaco-button', { hasText: 'Copy Three Lines' }).click();
  await workbench.notification(/Copied/).waitFor();
  await page.locator('.tab', { hasText: 'train.py' }).first().click();
  await page.locator('.view-line', { hasText: 'import time' }).click();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Control+v');
  const pasted = await until('the lines are there', async () => {
    const text = await page.locator('.view-lines').first().innerText();
    return text.includes('start_run') && text;
  });
  writeFileSync(join(project, 'train.py'), `loss, step = 0.5, 1\n${pasted.replaceAll('\u00a0', ' ')}\n`);
  await workbench.runCommand('File: Revert File');
  await page.locator('.view-line', { hasText: 'loss, step = 0.5' }).first().waitFor();
  // Lenses are placed anew when the text changes: a click on one that is being replaced does nothing.
  await until('a third run', async () => {
    await lens().click();
    return until('it starts', () => runIds(project).length === 3, 10);
  });
  await showWalkthrough();
  await stepDone('Add three lines', true);
});

test('the example opens in its own window, and its step is checked off', async () => {
  const { page, quickInput } = workbench;
  await step('Open the example').click();
  await step('Open the example').locator('.monaco-button', { hasText: 'Open Example' }).click();
  await quickInput.locator('.monaco-button', { hasText: 'Create Here' }).waitFor();
  const opened = page.context().waitForEvent('page');
  await quickInput.locator('.monaco-button', { hasText: 'Create Here' }).click();
  const example = await opened;
  await example.locator('.codelens-decoration a', { hasText: 'Track this script' }).first().waitFor();
  await example.screenshot({ path: join(ARTIFACTS, 'newcomer-example.png') });
  await example.close();
  await stepDone('Open the example', true);
});

const panels = (): Locator => workbench.page.locator('iframe.webview.ready');

/** How many runs a panel draws; panels behind others keep still. */
function runsIn(panel: number): Promise<number> {
  const frame = panels().nth(panel).contentFrame().locator('#active-frame').contentFrame();
  return frame
    .locator('body')
    .evaluate(() => new Set((window.__xtrackCharts?.() ?? []).map(({ run_id }) => run_id)).size, null, {
      timeout: 2000,
    })
    .catch(() => 0);
}

async function showWalkthrough(): Promise<void> {
  await workbench.ask('Welcome: Open Walkthrough', 'Get Started with XTrack');
}

const rows = (): Locator => workbench.tree.locator('.monaco-list-row[aria-label^="train, "]');

const step = (title: string): Locator => workbench.page.locator('.getting-started-step', { hasText: title }).first();

async function stepDone(title: string, done: boolean): Promise<void> {
  await step(title).locator(`.step-title`).waitFor();
  await until(`${title} is ${done ? '' : 'not '}done`, async () => {
    return (await step(title).locator('[role=checkbox][aria-checked=true]').count()) > 0 === done;
  });
}
