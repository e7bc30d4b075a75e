/** Launching with arguments, editing parameters, typing, commanding and stopping: by clicks, on real scripts. */
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readJournals, runIds } from './journals';
import { screenshotFailures, until, Workbench } from './workbench';

const SCRIPTS = {
  'learn.py': `
import argparse, xtrack
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float)
args = parser.parse_args()
with xtrack.start_run(name="learns at %s" % args.lr) as run:
    run.log_params(vars(args))
    run.log_metric("loss", 1.0, step=1)
`,
  'ask.py': `
import xtrack
with xtrack.start_run(name="asks") as run:
    run.log_param("who", input("who? "))
`,
  'stubborn.py': `
import signal, time, xtrack
for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)
run = xtrack.start_run(name="stubborn")
run.on_command("pause", lambda payload: run.set_status("paused"))
for step in range(10_000):
    run.log_metric("loss", 1 / (step + 1), step=step)
    time.sleep(0.1)
`,
};

let folder: string;
let workbench: Workbench;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'xtw-')));
  for (const [name, text] of Object.entries(SCRIPTS)) writeFileSync(join(folder, name), text);
  const profiles = [{ name: 'with a terminal', script: 'ask.py', tty: true }];
  workbench = await Workbench.open({ folder, settings: { 'xtrack.launchProfiles': profiles } });
  await workbench.showRuns();
});
screenshotFailures(() => workbench);
afterAll(async () => {
  await workbench?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What scripts logged under this name, in the order of their runs. */
const logged = (key: string): unknown[] =>
  runIds(folder)
    .flatMap((id) => readJournals(folder, id))
    .sort((a, b) => (a.events[0]?.m.ts ?? 0) - (b.events[0]?.m.ts ?? 0))
    .flatMap(({ events }) => events.filter(({ t, p }) => t === 'param' && p['key'] === key).map(({ p }) => p['value']));

test('the launcher remembers arguments, saves them as a profile, and runs again with an edited parameter', async () => {
  const ask = async (): Promise<void> => {
    await workbench.ask('XTrack: Launch Script', 'learn.py');
    await workbench.page.getByText('press Enter to launch').waitFor();
  };
  await ask();
  expect(await workbench.input.inputValue()).toBe('');
  await workbench.answer('--lr 0.1');
  await until('the first run', () => logged('lr').length === 1);

  await ask();
  expect(await workbench.input.inputValue()).toBe('--lr 0.1');
  await workbench.input.fill('--lr 0.2');
  await workbench.quickInput.locator('[aria-label^="Save as a Launch Profile"]').first().click();
  await workbench.page.getByText('saved in the setting xtrack.launchProfiles').waitFor();
  expect(await workbench.input.inputValue()).toBe('learn');
  await workbench.answer('fast');
  await until('the second run', () => logged('lr').length === 2);
  const settings = JSON.parse(readFileSync(join(folder, '.vscode/settings.json'), 'utf8')) as Record<string, unknown[]>;
  expect(settings['xtrack.launchProfiles']?.at(-1)).toEqual({
    name: 'fast',
    script: 'learn.py',
    args: ['--lr', '0.2'],
  });

  const edit = workbench.page.getByRole('menuitem', { name: /Edit Parameters and Run/ });
  await until('the form', async () => {
    // A menu that is just opening takes no click.
    if (!(await edit.isVisible()))
      await workbench.row('learns at 0.2, completed').click({ button: 'right', timeout: 2000 });
    await edit.click({ timeout: 2000 });
    await workbench.quickInput.waitFor({ timeout: 2000 });
    return true;
  });
  const line = (text: string) => workbench.quickInput.locator('.monaco-list-row', { hasText: text }).first();
  await line('argument --lr').waitFor();
  await workbench.screenshot('steering-form');
  await line('argument --lr').click();
  await until('its value', async () => (await workbench.input.inputValue()) === '0.2');
  await workbench.answer('0.5');
  await line('Run with these').click();
  await until('the third run', () => logged('lr').length === 3);
  expect(logged('lr')).toEqual([0.1, 0.2, 0.5]);
});

test('a script with a terminal receives what is typed', async () => {
  await workbench.ask('XTrack: Launch Script', 'with a terminal');
  await workbench.row('asks, running').waitFor();
  await workbench.page.locator('.terminal-wrapper.active').click();
  await workbench.page.keyboard.type('Ada');
  await workbench.page.keyboard.press('Enter');
  await workbench.row('asks, completed').waitFor();
  expect(logged('who')).toEqual(['Ada']);
});

test('commands show their answers, and a stop counts down to its next stage or skips ahead', async () => {
  await workbench.openFile('stubborn.py');
  await workbench.runCommand('XTrack: Track This Script');
  await workbench.row('stubborn, running').waitFor();
  const send = async (what: string): Promise<void> => {
    await workbench.ask('XTrack: Send Command', 'stubborn');
    await workbench.pick(what);
  };
  await send('Pause');
  await workbench.notification('stubborn completed “pause”').waitFor();
  await send('Save a checkpoint now');
  await workbench.notification(/does not handle “checkpoint_now”.*run\.on_command/).waitFor();
  await workbench.screenshot('steering-answers');
  await workbench.runCommand('Notifications: Clear All Notifications');

  await workbench.rowAction('stubborn', 'Stop');
  const told = workbench.notification(/Stopping stubborn/);
  const left = async (): Promise<number> => Number(/next in (\d+) s/.exec((await told.textContent()) ?? '')?.[1]);
  await until('SIGINT', async () => (await told.textContent())?.includes('sent SIGINT'));
  const first = await left();
  await until('it counts down', async () => (await left()) < first);
  await workbench.screenshot('steering-stop');
  await told.locator('a', { hasText: 'Skip' }).click();
  await until('SIGTERM', async () => (await told.textContent())?.includes('sent SIGTERM'));
  await told.locator('a', { hasText: 'Skip' }).click();
  await workbench.row('stubborn, stopped').waitFor();
  await told.waitFor({ state: 'detached' });
});
