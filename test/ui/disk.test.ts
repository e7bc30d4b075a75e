/** Space: which runs take it, the trash, and deleting for good. */
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Process } from '../unit/collector/journal/journalFixture';
import { runIds } from './journals';
import { screenshotFailures, until, Workbench } from './workbench';

let folder: string;
let workbench: Workbench;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'xtw-')));
  for (const id of ['small', 'large', 'other']) {
    const run = new Process(join(folder, '.xtrack'), id).log('run_start', { name: `run ${id}` });
    run.metric('loss', 0.5, 1).log('run_end', { status: 'completed' });
  }
  writeFileSync(join(folder, '.xtrack/runs/large/output-worker-0-1.log'), 'x'.repeat(3_000_000));
  workbench = await Workbench.open({ folder });
  await workbench.showRuns();
  await until('all runs show', async () => (await workbench.tree.getByText(/^run /).count()) >= 3);
});

screenshotFailures(() => workbench);

afterAll(async () => {
  await workbench?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('the largest run is listed first, moves to the trash, and is deleted permanently after one question', async () => {
  const { page, quickInput } = workbench;
  await workbench.runCommand('XTrack: Disk Usage');
  await until('the largest is first', async () =>
    /run large.*3 MB/s.test((await quickInput.locator('.monaco-list-row').first().innerText()) ?? ''),
  );
  await workbench.screenshot('diskUsage');
  await quickInput.locator('.monaco-list-row').first().click();
  await workbench.answer();
  await workbench.notification(/Moved run large to the trash/).waitFor();
  await until('it shows no more', async () => (await workbench.tree.getByText('run large').count()) === 0);

  await workbench.runCommand('XTrack: Empty Trash…');
  const dialog = page.locator('.monaco-dialog-box');
  await dialog.waitFor();
  await workbench.screenshot('emptyTrash');
  expect(await dialog.innerText()).toMatch(/Permanently delete run large \(3 MB\)\?/);
  await dialog.getByText('Delete Permanently', { exact: true }).click();
  await until('it is gone', () => Promise.resolve(!runIds(folder).includes('large')));
  expect(readdirSync(join(folder, '.xtrack/runs')).sort()).toEqual(['other', 'small']);
});
