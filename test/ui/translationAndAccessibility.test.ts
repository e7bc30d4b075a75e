/** The panel speaks the editor's language, and nothing in it keeps anybody from using it (axe). */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seriousFindings } from './axe';
import { ChartPage } from './chartPage';
import { folderWithRuns } from './chartRuns';
import { readJournals } from './journals';
import { screenshotFailures, Workbench } from './workbench';

/** What looks like a translation shows which texts have none. */
const translate = (text: string): string => `⟦${text}⟧`;
/** Names of things that have the same name in every language, and a cell of a table that is a file. */
const NAMES = ['x'.repeat(50), ...'xtrack python nan png svg csv eta am pm ms kb mb gb tb mib'.split(' ')];
const TABS = ['Charts', 'Overview', 'Console', 'Artifacts', 'System', 'Events', 'Media'];

let folder: string;
let workbench: Workbench;
let page: ChartPage;
/** Words of what the scripts logged. */
let logged: string[];

beforeAll(async () => {
  folder = await folderWithRuns(['media:1', 'media:2'], ['talk']);
  logged = ['talk', 'media-1', 'media-2'].flatMap((run) => wordsOf(JSON.stringify(readJournals(folder, run))));
  writeFileSync(join(folder, 'train.py'), 'import torch\n\nfor epoch in range(3):\n    loss.backward()\n');
  workbench = await Workbench.open({ folder, translate });
  page = new ChartPage(workbench);
  await workbench.showRuns();
});

screenshotFailures(() => workbench);

afterAll(async () => {
  await workbench?.close();
  rmSync(folder, { recursive: true, force: true });
});

function wordsOf(text: string): string[] {
  return (text.match(/\p{L}{2,}/gu) ?? []).map((word) => word.toLowerCase());
}

/** What is shown, or read out, that is neither translated nor was logged. */
async function untranslated(root: Locator): Promise<string[]> {
  const shown = await root.evaluate((root) => {
    const texts: string[] = [];
    const look = (node: Node): void => {
      if (!(node instanceof Element)) return;
      // Code and output are in nobody's language.
      if (!node.checkVisibility() || node.matches('style, script, code, pre, .console-text')) return;
      for (const name of ['title', 'aria-label', 'aria-roledescription', 'aria-valuetext', 'placeholder', 'alt'])
        texts.push(node.getAttribute(name) ?? '');
      const own = [...node.childNodes].flatMap((child) => (child instanceof Text ? child.data : []));
      texts.push(own.join(' '));
      for (const child of [...(node.shadowRoot?.childNodes ?? []), ...node.childNodes]) look(child);
    };
    look(root);
    return texts;
  });
  const known = new Set([...NAMES, ...logged]);
  const own = (text: string): string => {
    const without = text.replace(/⟦[^⟦⟧]*⟧/g, ' ');
    return without === text ? text : own(without);
  };
  return [...new Set(shown)].filter((text) => wordsOf(own(text)).some((word) => !known.has(word)));
}

async function expectGood(where: string): Promise<void> {
  const body = page.content.locator('body');
  expect(await untranslated(body), `untranslated in ${where}`).toEqual([]);
  expect(await seriousFindings(page.content), `axe in ${where}`).toEqual([]);
}

test('the list of runs and the commands are translated', async () => {
  await workbench.row('talkative').waitFor();
  expect(await untranslated(workbench.tree)).toEqual([]);
  await workbench.runCommand('XTrack: ⟦Refresh⟧');
});

describe('the panel of a run', () => {
  beforeAll(async () => {
    await workbench.rowAction('talkative', '⟦Open Charts⟧');
    await page.drawn('loss', 'talk');
  });

  test.each(TABS)('%s is translated and accessible', async (name) => {
    await page.tab(translate(name));
    await page.content.locator('[role=tabpanel]:not([hidden])').first().waitFor();
    await workbench.panelSettled();
    await expectGood(name);
  });
});

describe('the panel of several runs', () => {
  beforeAll(async () => {
    await workbench.row('media 1').click();
    await workbench.row('media 2').click({ modifiers: ['Control'] });
    await workbench.runCommand('XTrack: ⟦Open Charts⟧');
    await page.drawn('loss', 'media-2');
  });

  test('the options, the chart editor, the chart menu, and media are translated and accessible', async () => {
    await page.content.getByRole('button', { name: '⟦Chart Options⟧' }).click();
    await expectGood('the options');
    await workbench.page.keyboard.press('Escape');
    await page.chart('loss').getByRole('button', { name: 'more actions' }).click();
    await expectGood('the menu of a chart');
    await workbench.page.keyboard.press('Escape');
    await page.content.getByRole('button', { name: '⟦New Chart…⟧' }).click();
    await page.content.getByRole('dialog').waitFor();
    await expectGood('the editor of a chart');
    await workbench.page.keyboard.press('Escape');
    await page.tab('⟦Compare⟧');
    await expectGood('the comparison');
    await page.tab('⟦Media⟧');
    await page.content.locator('.media-card[aria-label="predictions"] tbody tr').first().waitFor();
    await expectGood('media');
  });

  test('has enough contrast in every theme', async () => {
    await page.tab('⟦Charts⟧');
    await workbench.inEachTheme(async (theme) => {
      expect(await seriousFindings(page.content), theme).toEqual([]);
    });
  });
});

test('errors of the collector and code lenses are translated', async () => {
  await workbench.runCommand('XTrack: ⟦Filter Runs…⟧');
  await workbench.answer('status =');
  const why = '⟦⟦Expected a value, found ⟦the end of the query⟧.⟧ (at “⟦the end⟧”)⟧';
  await workbench.quickInput.locator('.quick-input-message', { hasText: why }).waitFor();
  await workbench.page.keyboard.press('Escape');
  await workbench.openFile('train.py');
  await workbench.page.locator('.codelens-decoration a', { hasText: 'Track this script⟧' }).first().waitFor();
});
