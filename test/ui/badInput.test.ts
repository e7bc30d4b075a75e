/** What can be wrong with what a user starts: each is told clearly, with the way out, and no run stays "running". */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { runIds } from './journals';
import { screenshotFailures, until, Workbench } from './workbench';

const SCRIPTS = {
  'syntaxError.py': 'import time\n\nfor i in range(3)\n    print(i)\n',
  'failing.py': [
    'from xtrack import Tracker',
    '',
    'def step(i):',
    '    return 1 / (3 - i)',
    '',
    'with Tracker.start_run(name="fails") as run:',
    '    for i in range(10):',
    '        run.log_metric("loss", step(i), step=i)',
    '',
  ].join('\n'),
  'plain.py': 'print("hello")\n',
  'train.py': 'for epoch in range(3):\n    loss = 1 / (epoch + 1)\n    print(f"loss={loss}")\n',
  'physics/xtrack.py': '# Tracks particles.\n',
  'physics/orbit.py': 'for turn in range(1, 4):\n    print(f"epoch {turn}/3 loss={1 / turn}")\n',
  'diverging.py': [
    'import time, xtrack',
    'with xtrack.start_run(name="diverges") as run:',
    '    run.alert("warming up", "the first steps are rough", level="info")',
    '    for step in range(10_000):',
    '        run.log_metric("val_loss", 1.1 ** step, step=step)',
    '        time.sleep(0.05)',
    '',
  ].join('\n'),
};

let folder: string;
let workbench: Workbench;

function makeFolder(): string {
  const made = realpathSync(mkdtempSync(join(tmpdir(), 'xtw-')));
  mkdirSync(join(made, 'physics'));
  for (const [name, text] of Object.entries(SCRIPTS)) writeFileSync(join(made, name), text);
  return made;
}

beforeAll(async () => {
  folder = makeFolder();
  workbench = await Workbench.open({ folder });
  await workbench.showRuns();
});

afterEach(async () => {
  await workbench.runCommand('Notifications: Clear All Notifications');
});

screenshotFailures(() => workbench);

afterAll(async () => {
  await workbench?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function expectNothingRuns(): Promise<void> {
  expect(await workbench.tree.locator('.monaco-list-row[aria-label*="running"]').count()).toBe(0);
  expect(await workbench.tree.locator('.monaco-list-row[aria-label*="queued"]').count()).toBe(0);
}

async function launch(script: string): Promise<void> {
  await workbench.openFile(script);
  await workbench.runCommand('XTrack: Track This Script');
}

test('launching a missing script names it', async () => {
  const gone = join(folder, 'gone.py');
  writeFileSync(gone, '');
  await workbench.ask('XTrack: Launch Script', 'gone.py');
  await workbench.page.getByText('press Enter to launch').waitFor();
  rmSync(gone);
  await workbench.answer();
  await workbench.notification(/gone\.py does not exist/).waitFor();
  await workbench.screenshot('badInput-missingScript');
  await expectNothingRuns();
});

test('launching with an interpreter that does not start names it and the setting to change', async () => {
  await workbench.changeSettings({ 'xtrack.interpreter': '/nowhere/python' });
  await launch('plain.py');
  await workbench.notification(/\/nowhere\/python/).waitFor();
  await workbench.screenshot('badInput-interpreter');
  await expectNothingRuns();
  await workbench.changeSettings({ 'xtrack.interpreter': '' });
});

test('a syntax error fails the run and names the file and line', async () => {
  const before = runIds(folder).length;
  await launch('syntaxError.py');
  await workbench.notification(/SyntaxError/).waitFor();
  expect(await workbench.notification(/SyntaxError/).textContent()).toContain('syntaxError.py:3');
  await workbench.screenshot('badInput-syntaxError');
  expect(runIds(folder).length).toBe(before + 1);
  await workbench.row('SyntaxError').waitFor();
  await expectNothingRuns();
});

test('an exception fails the run, and its notification links to the line', async () => {
  await launch('failing.py');
  const told = workbench.notification(/ZeroDivisionError/);
  await told.waitFor();
  expect(await told.textContent()).toContain('failing.py:4');
  await workbench.screenshots('badInput-failing');
  await told.locator('.monaco-button, a', { hasText: 'failing.py:4' }).first().click();
  await workbench.page.locator('.statusbar-item', { hasText: 'Ln 4' }).waitFor();
  await workbench.row('ZeroDivisionError').waitFor();
  await expectNothingRuns();
});

test('a diverging run raises an alert and is stopped by its rule, and alerts of the script are shown', async () => {
  await workbench.changeSettings({ 'xtrack.alerts': ['loss >', { when: 'val_loss.last > 10', stop: true }] });
  await workbench.notification(/Some alert settings are invalid.*"loss >"/).waitFor();
  await launch('diverging.py');
  await workbench.notification('diverges: warming up (the first steps are rough)').waitFor();
  await workbench.notification(/diverges: val_loss\.last > 10 \(val_loss is .*\)\. Stopping the run/).waitFor();
  await workbench.screenshots('badInput-alert');
  await workbench.row('diverges, stopped').waitFor();
  await expectNothingRuns();
  await workbench.changeSettings({ 'xtrack.alerts': [] });
});

test('a package that hides the client is asked about until the answer is permanent', async () => {
  const before = runIds(folder).length;
  const question = workbench.page.locator('.monaco-dialog-box', { hasText: 'another package named xtrack' });
  await launch('orbit.py');
  await question.waitFor();
  expect(await question.innerText()).toContain(join(folder, 'physics/xtrack.py'));
  expect(await question.innerText()).toContain('What the script prints is recorded, what it logs is not.');
  await workbench.screenshot('badInput-nameCollision');
  await question.getByText('Cancel', { exact: true }).click();
  await question.waitFor({ state: 'detached' });

  await launch('orbit.py');
  await question.getByText("Launch and Don't Ask Again", { exact: true }).click();
  await workbench.row('orbit, completed').waitFor();
  expect(runIds(folder).length).toBe(before + 1);

  await launch('orbit.py');
  await until('it runs again', () => runIds(folder).length === before + 2);
  expect(await question.count()).toBe(0);
});

test('an untrusted workspace shows runs and launches nothing', async () => {
  const strange = makeFolder();
  const restricted = await Workbench.open({ folder: strange, trust: false });
  try {
    await restricted.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
    await restricted.openFile('train.py');
    await restricted.page.locator('.codelens-decoration a', { hasText: 'Track this script' }).first().click();
    await restricted.notification(/not trusted/).waitFor();
    await restricted.showRuns();
    await restricted.screenshots('badInput-untrusted');
    expect(runIds(strange)).toEqual([]);
  } finally {
    await restricted.close();
    rmSync(strange, { recursive: true, force: true });
  }
});
