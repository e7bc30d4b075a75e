import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Workbench } from './workbench';

let folder: string;
let workbench: Workbench;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'xtw-'));
  writeFileSync(join(folder, 'train.py'), 'print("hello")\n');
  workbench = await Workbench.open({ folder });
});

afterAll(async () => {
  await workbench?.close();
  rmSync(folder, { recursive: true, force: true });
});

test('the extension has an icon in the activity bar and offers to track the open script', async () => {
  await workbench.openFile('train.py');
  await workbench.showRuns();
  await workbench.screenshot('smoke');
  await workbench.page.keyboard.press('F1');
  await workbench.quickInput.locator('input').first().fill('>XTrack: Track');
  await workbench.quickInput.locator('.monaco-list-row', { hasText: 'Track This Script' }).first().waitFor();
  expect(await workbench.notification(/error/i).count()).toBe(0);
});
