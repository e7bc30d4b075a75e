/** Each tab of a run's panel: what it shows is what the script did, and what can be clicked does what it says. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ChartPage } from './chartPage';
import { folderWithRuns, startRun } from './chartRuns';
import { readJournals } from './journals';
import { screenshotFailures, until, Workbench } from './workbench';

/** What the browser was started with. */
const CLIPBOARD = ['clipboard-read', 'clipboard-write'];
const NOTES = `# Findings
A **strong** word, \`code\`, and <img src=x onerror=alert(1)>.

- [x] first
- second: [a page](https://example.com/page)`;

let folder: string;
let workbench: Workbench;
let page: ChartPage;

beforeAll(async () => {
  folder = await folderWithRuns(['media:1', 'media:2'], ['talk']);
  workbench = await Workbench.open({ folder });
  page = new ChartPage(workbench);
  await workbench.showRuns();
  await workbench.rowAction('talkative', 'Open Charts');
  await page.drawn('loss', 'talk');
});

screenshotFailures(() => workbench);

afterAll(async () => {
  await workbench?.close();
  rmSync(folder, { recursive: true, force: true });
});

const size = (png: Buffer) => ({ width: png.readUInt32BE(16), height: png.readUInt32BE(20) });

/** What a picture shows: how much of it is not its background, in how many colours, and where. */
function pixels(png: Buffer): Promise<{ drawn: number; colors: number; sum: number }> {
  return workbench.page.evaluate(
    async (url) => {
      const image = new Image();
      image.src = url;
      await image.decode();
      const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
      const context = canvas.getContext('2d')!;
      context.drawImage(image, 0, 0);
      const all = new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
      let [drawn, sum] = [0, 0];
      for (const [i, pixel] of all.entries()) {
        if (pixel !== all[0]) drawn++;
        sum = (sum * 31 + pixel * (i + 1)) % 2 ** 40;
      }
      return { drawn: drawn / all.length, colors: new Set(all).size, sum };
    },
    `data:image/png;base64,${png.toString('base64')}`,
  );
}

describe('a run that is over', () => {
  test('Overview shows metrics, params, tags, environment, and notes written in the editor', async () => {
    await page.tab('Overview');
    const overview = page.content.locator('.overview');
    await overview.locator('.metric-card', { hasText: 'loss' }).waitFor();
    for (const text of ['model.depth', 'vision', 'python_version']) await overview.getByText(text).first().waitFor();
    await overview.getByRole('button', { name: 'Add Notes…' }).click();
    await workbench.page.locator('.tab.active', { hasText: 'talkative.md' }).waitFor();
    await workbench.page.keyboard.insertText(NOTES);
    await workbench.page.keyboard.press('Control+s');
    const notes = overview.locator('.markdown');
    await notes.locator('strong', { hasText: 'strong' }).waitFor();
    expect(await notes.locator('img').count()).toBe(0);
    expect(await notes.textContent()).toContain('<img src=x onerror=alert(1)>');
    expect(await notes.locator('li').allTextContents()).toEqual(['☑ first', 'second: a page']);
    await notes.getByRole('link', { name: 'a page' }).waitFor();
    await workbench.screenshots('tabs-overview');
  });

  test('Console shows colours and no markup, links lines of tracebacks, and finds text', async () => {
    await page.tab('Console');
    const text = page.content.locator('.console-text');
    await text.getByText('line 299').waitFor();
    expect(await text.locator('.ansi-1').allTextContents()).toEqual(['red']);
    expect(await text.locator('b').count()).toBe(0);
    await text.locator('.console-line', { hasText: /^whole$/ }).waitFor();
    expect(await text.locator('.console-line').first().textContent()).toBe('line 0');

    await text.press('Control+f');
    await workbench.page.keyboard.type('LINE 29');
    const status = page.content.locator('.console [role="status"]');
    await until('eleven are found', async () => (await status.textContent()) === '1 of 11');
    await workbench.page.keyboard.press('Enter');
    await until('the second is shown', async () => (await status.textContent()) === '2 of 11');
    await workbench.screenshots('tabs-console');

    await text.getByRole('button', { name: /chartRuns\.py/ }).click();
    await workbench.page.locator('.tab.active', { hasText: 'chartRuns.py' }).waitFor();
  });

  test('Artifacts lists checkpoints and files, which open in the editor', async () => {
    await page.tab('Artifacts');
    const artifacts = page.content.locator('.artifacts');
    await artifacts.getByText('step 1', { exact: true }).waitFor();
    await artifacts.getByText('sha256').waitFor();
    await workbench.screenshots('tabs-artifacts');
    await artifacts.getByRole('button', { name: 'first.txt', exact: true }).click();
    await workbench.page.locator('.tab.active[data-resource-name="first.txt"]').waitFor();
    await workbench.page.locator('.editor-instance', { hasText: 'this is first.txt' }).waitFor();
  });

  test('Events lists the newest first, filters by kind and text, and links the logging lines', async () => {
    await page.tab('Events');
    const rows = page.content.locator('.event-rows tbody tr');
    await rows.filter({ hasText: 'reached 250' }).waitFor();
    const all = readJournals(folder, 'talk').flatMap(({ events }) => events.filter(({ t }) => !t.startsWith('metric')));
    // And the notes.
    expect(await rows.count()).toBe(all.length + 1);
    const kind = page.content.locator('vscode-single-select[label="Event type"]');
    await kind.click();
    await kind.locator('.option', { hasText: 'log info' }).click();
    await until('five are left', async () => (await rows.count()) === 5);
    expect(await rows.locator('.event-text').first().textContent()).toBe('reached 250');
    await page.content.locator('.events').getByLabel('Filter events').fill('reached 15');
    await until('one is left', async () => (await rows.count()) === 1);
    await workbench.screenshots('tabs-events');
    await rows.getByRole('button', { name: /chartRuns\.py:\d+/ }).click();
    await workbench.page.locator('.tab.active', { hasText: 'chartRuns.py' }).waitFor();
  });

  test('tabs beyond the edge can be scrolled to, also by the wheel', async () => {
    const strip = page.content.locator('.tabs');
    const size = workbench.page.viewportSize()!;
    await workbench.page.setViewportSize({ ...size, width: 700 });
    const chosen = page.content.getByRole('tab', { name: 'Events' });
    const isInSight = (): Promise<boolean> =>
      chosen.evaluate((tab) => {
        const { left, right } = tab.getBoundingClientRect();
        return left >= 0 && right <= innerWidth;
      });
    await until('there is no room', () => strip.evaluate(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth));
    await until('the chosen one is shown', isInSight);
    await strip.hover();
    await workbench.page.mouse.wheel(0, -1000);
    await until('the first one is shown', () => strip.evaluate(({ scrollLeft }) => scrollLeft === 0));
    expect(await isInSight()).toBe(false);
    await workbench.page.setViewportSize(size);
    await until('there is room', isInSight);
  });

  test('a reload keeps the tab, its filters, the search, and the scroll position', async () => {
    await page.tab('Overview');
    const folded = page.content.locator('.overview details');
    await folded.last().locator('summary').click();
    expect(await folded.last().getAttribute('open')).not.toBeNull();
    const parts = await folded.count();
    await page.tab('Console');
    const text = page.content.locator('.console-text');
    const topLine = (): Promise<string | undefined> =>
      text.evaluate((one) => {
        const { top } = one.getBoundingClientRect();
        return [...one.children].find((line) => line.getBoundingClientRect().bottom > top + 2)?.textContent;
      });
    await text.evaluate((one) => {
      const line = [...one.children].find(({ textContent }) => textContent === 'line 100')!;
      one.scrollTop += line.getBoundingClientRect().top - one.getBoundingClientRect().top;
    });
    await until('a line amid others is read', async () => (await topLine()) === 'line 100');
    await page.tab('Events');
    await page.stored();
    await workbench.reload();
    const rows = page.content.locator('.event-rows tbody tr');
    await rows.first().waitFor({ timeout: 60_000 });
    expect(await rows.locator('.event-text').allTextContents()).toEqual(['reached 150']);
    expect(await page.content.locator('vscode-single-select[label="Event type"]').textContent()).toContain('log info');
    await page.tab('Console');
    await until('it is shown again', async () => (await topLine()) === 'line 100');
    const status = page.content.locator('.console [role="status"]');
    await until('it is searched', async () => (await status.textContent()) === '1 of 11');
    expect(await topLine()).toBe('line 100');
    const follow = page.content.getByRole('button', { name: 'Follow Output' });
    expect(await follow.getAttribute('aria-pressed')).toBe('false');
    await page.tab('Overview');
    // The parts arrive after the row. How many there are depends on the machine: one without packages lists none.
    await until('the last part is open, and no other', async () => {
      const isOpen = await folded.evaluateAll((all) => all.map((one) => (one as HTMLDetailsElement).open));
      return isOpen.length === parts && isOpen.indexOf(true) === parts - 1;
    });
  });

  test('a chart can be saved and copied as PNG, SVG and CSV', async () => {
    await page.tab('Charts');
    await page.drawn('loss', 'talk');
    const saved: Record<string, Buffer> = {};
    for (const kind of ['png', 'svg', 'csv']) {
      await page.chartMenu('loss', `Save as ${kind.toUpperCase()}…`);
      await until('a name is suggested', async () => (await workbench.input.inputValue()).endsWith(`/loss.${kind}`));
      await workbench.answer();
      const file = join(folder, `loss.${kind}`);
      saved[kind] = await until(`${file} is there`, () => existsSync(file) && readFileSync(file));
    }
    const plot = (await page.plot('loss').boundingBox())!;
    expect(saved['png']!.subarray(1, 4).toString()).toBe('PNG');
    expect(size(saved['png']!).width).toBeGreaterThanOrEqual(Math.floor(plot.width));
    expect(size(saved['png']!).height).toBeGreaterThan(Math.floor(plot.height));
    const svg = saved['svg']!.toString();
    const parsed = await workbench.page.evaluate((text) => {
      const { documentElement: root } = new DOMParser().parseFromString(text, 'image/svg+xml');
      return [root.tagName, root.querySelector('title')?.textContent, root.querySelectorAll('path').length > 2];
    }, svg);
    expect(parsed).toEqual(['svg', 'loss', true]);
    const csv = saved['csv']!.toString();
    expect(csv).toMatch(/^run,run_id,worker,metric,label,step,value/);
    expect(csv).toContain('talkative,talk,worker-0,loss,talkative,1,1');

    await page.chartMenu('loss', 'Copy as CSV');
    expect(await workbench.clipboard((text) => text === csv)).toBe(csv);
    await page.chartMenu('loss', 'Copy as SVG');
    expect(await workbench.clipboard((text) => text.startsWith('<svg'))).toBe(svg);

    const told = workbench.page.locator('.statusbar', { hasText: 'Copied.' });
    await told.waitFor({ state: 'detached' });
    await page.chartMenu('loss', 'Copy Image');
    await told.waitFor();
    const picture = Buffer.from(await workbench.clipboardPicture(), 'base64');
    expect(picture.subarray(0, 8)).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
    expect(size(picture)).toEqual(size(saved['png']!));
    const [copied, file] = await Promise.all([picture, saved['png']!].map(pixels));
    expect(copied).toEqual(file);
    // A line, its grid, its labels: neither one colour nor a full page.
    expect(copied!.drawn).toBeGreaterThan(0.005);
    expect(copied!.drawn).toBeLessThan(0.5);
    expect(copied!.colors).toBeGreaterThan(10);
  });

  test('a refused clipboard is reported, with an alternative', async () => {
    const context = workbench.page.context();
    await context.clearPermissions();
    await page.chartMenu('loss', 'Copy Image');
    const notice = page.content.locator('.notice');
    await notice.getByText('The image could not be copied. Use “Save as PNG…” instead.').waitFor();
    await notice.getByRole('button', { name: 'Dismiss' }).click();
    await notice.waitFor({ state: 'hidden' });
    await context.grantPermissions(CLIPBOARD);
  });

  test('the mark of a checkpoint offers to copy its path, reveal its file, and resume from it', async () => {
    await page.plot('loss').press('c');
    const items = page.content.getByRole('menuitem');
    await until('all can be done', async () => (await items.count()) === 3);
    expect(await items.allTextContents()).toEqual(['Resume from Here', 'Copy Path', 'Reveal File']);
    await items.filter({ hasText: 'Copy Path' }).click();
    expect(await workbench.clipboard((text) => text.endsWith('second.txt'))).toBe('second.txt');
    await page.chart('loss').locator('.checkpoint').click();
    await items.filter({ hasText: 'Reveal File' }).click();
    await workbench.page.locator('.explorer-viewlet .monaco-list-row.selected', { hasText: 'second.txt' }).waitFor();
  });
});

describe('images, histograms and tables of two runs', () => {
  const card = (key: string) => page.content.locator(`.media-card[aria-label="${key}"]`);
  /** What the client wrote to the journal. */
  const histogram = (seed: number, step: number) =>
    readJournals(folder, `media-${seed}`)
      .flatMap(({ events }) => events)
      .find(({ t, p }) => t === 'histogram' && p['step'] === step)!.p as unknown as {
      edges: number[];
      counts: number[];
    };

  beforeAll(async () => {
    await workbench.showRuns();
    await workbench.row('media 1').click();
    await workbench.row('media 2').click({ modifiers: ['Control'] });
    await workbench.runCommand('XTrack: Open Charts');
    await page.drawn('loss', 'media-2');
    await page.tab('Media');
  });

  test('images show the newest step of each run, or the one that the slider selects', async () => {
    const images = card('samples/digits').locator('img');
    const bothShown = (): Promise<true> =>
      until('two pictures are shown', () =>
        images.evaluateAll((all) => all.filter((one) => (one as HTMLImageElement).naturalWidth > 0).length === 2),
      );
    await bothShown();
    const corner = (n: number): Promise<number[]> =>
      images.nth(n).evaluate(async (image: HTMLImageElement) => {
        await image.decode();
        const canvas = document.createElement('canvas');
        const context = canvas.getContext('2d')!;
        context.drawImage(image, 0, 0);
        return [image.naturalWidth, image.naturalHeight, ...context.getImageData(15, 15, 1, 1).data];
      });
    // (x * seed) % 16 / 15, y / 15, step / 90
    expect(await corner(0)).toEqual([16, 16, 255, 255, 255, 255]);
    expect(await corner(1)).toEqual([16, 16, 238, 255, 255, 255]);
    await card('samples/digits').getByLabel('Step of samples/digits').fill('3');
    await until(
      'all are at step 30',
      async () => (await page.content.locator('figcaption').allTextContents()).join() === 'of step 30,of step 30',
    );
    await bothShown();
    expect(await corner(0)).toEqual([16, 16, 255, 255, 85, 255]);
    expect(await card('weights/fc1').locator('header .number').textContent()).toBe('step 30');
    await workbench.screenshots('tabs-media');
    await card('broken').getByText('This image cannot be shown.').first().waitFor({ state: 'attached' });
  });

  test('histograms describe their counts', async () => {
    const shown = card('weights/fc1').locator('canvas.histogram');
    for (const seed of [1, 2]) {
      const { edges, counts } = histogram(seed, 30);
      const most = counts.indexOf(Math.max(...counts));
      const expected = [2000, edges[0]!, edges.at(-1)!, edges[most]!, edges[most + 1]!];
      await until(`the histogram of run ${seed} says so`, async () => {
        const label = (await shown.nth(seed - 1).getAttribute('aria-label'))!
          .replaceAll('−', '-')
          .replaceAll('\u2009', '');
        const numbers = [...label.matchAll(/-?\d+(\.\d+)?(e-?\d+)?/g)].map(([text]) => Number(text));
        expect(numbers).toHaveLength(5);
        numbers.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 2));
        return true;
      });
    }
  });

  test('tables can be sorted and filtered, including those in files', async () => {
    await card('weights/fc1').getByLabel('Step of weights/fc1').fill('9');
    const rows = card('predictions').locator('figure').first().locator('tbody tr');
    await until('all rows are shown', async () => (await rows.count()) === 40);
    expect(await rows.first().locator('td').last().textContent()).toBe('<b>no markup</b>');
    const column = card('predictions').getByRole('button', { name: 'n', exact: true }).first();
    await column.click();
    await column.click();
    expect(await rows.first().locator('td').first().textContent()).toBe('39');
    await card('predictions').getByLabel('Filter rows').first().fill('word 7');
    await until('one row is left', async () => (await rows.count()) === 1);
    const large = card('large').locator('figure').first();
    await large.getByText('Showing 200 of 3 000 rows').waitFor();
    await workbench.screenshot('tabs-tables');
  });

  test('sorting, filters and sliders survive a change of theme, of tab and of panel', async () => {
    const slider = card('samples/digits').getByLabel('Step of samples/digits');
    const table = card('predictions').locator('figure').first();
    const expectKept = async (): Promise<void> => {
      await until('the row is shown', async () => (await table.locator('tbody tr').count()) === 1);
      expect(await table.locator('tbody td').first().textContent()).toBe('7');
      expect(await table.locator('th').first().getAttribute('aria-sort')).toBe('descending');
      expect(await table.getByLabel('Filter rows').inputValue()).toBe('word 7');
      // Tables of one key are arranged alike.
      expect(await card('predictions').locator('tbody tr').count()).toBe(2);
    };
    await workbench.inEachTheme(expectKept, ['highContrast', 'light']);
    await page.tab('Charts');
    await page.tab('Media');
    await expectKept();
    await page.content.getByLabel('Filter media').fill('samples|predictions');
    await slider.fill('3');
    await page.content.locator('figcaption', { hasText: 'of step 30' }).first().waitFor();
    await page.stored();
    await workbench.page.locator('.tab[aria-label^="talkative,"]').click();
    await page.drawn('loss', 'talk');
    await workbench.page.locator('.tab[aria-label^="media 1"]').click();
    await until('the slider is where it was', async () => (await slider.getAttribute('aria-valuetext')) === 'step 30');
    expect(await page.content.locator('.media-card').count()).toBe(2);
    await slider.fill('9');
    await expectKept();
    await page.content.getByLabel('Filter media').fill('');
  });

  test('confusion matrices show counts, and curves of all runs share one picture', async () => {
    const matrix = card('mistakes').locator('.confusion').first();
    const cells = (await matrix.locator('tbody td').allTextContents()).map(Number);
    expect(cells.reduce((sum, count) => sum + count, 0)).toBe(60);
    expect(cells.filter((_, i) => Math.floor(i / 3) !== i % 3 && i % 3 !== 1).every((count) => count === 0)).toBe(true);
    const curve = card('how sure').locator('.logged-curve');
    expect(await curve.count()).toBe(1);
    expect(await curve.getAttribute('aria-label')).toMatch(
      /^true positive rate over false positive rate; area under the curve: media \d 0\.75, media \d 0\.75$/,
    );
    await workbench.allScreenshots('tabs-evaluation');
  });

  test('charts, menus, axes, tabs and media can be reached by the keyboard alone', async () => {
    const { keyboard } = workbench.page;
    await workbench.runCommand('View: Close All Editors');
    await workbench.runCommand('XTrack: Open Charts');
    await page.drawn('loss', 'media-1');
    await tabTo(page.content.getByRole('tab', { name: 'Charts' }));
    await keyboard.press('ArrowRight');
    await page.content.locator('.compare').waitFor();
    await keyboard.press('ArrowRight');
    await page.content.locator('.overview .metric-card').waitFor();
    await keyboard.press('ArrowLeft');
    await keyboard.press('ArrowLeft');

    await tabTo(page.toolbar.getByLabel('Filter metrics'));
    await keyboard.type('no such metric');
    await page.content.getByText('No metrics match the filter.').waitFor();
    await keyboard.press('Control+a');
    await keyboard.press('Delete');
    await page.chart('loss').waitFor();

    await tabTo(page.toolbar.locator('vscode-single-select[label="X axis"]'));
    // Opens it, goes to epoch, to relative time.
    for (let i = 0; i < 3; i++) await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await page.until('loss', 'media-1', ({ x }) => x.length > 1 && x[1]! < 5);

    await tabTo(page.content.locator('.section-title').first());
    await keyboard.press('Enter');
    await page.plot('loss').waitFor({ state: 'hidden' });
    await keyboard.press('Enter');
    await tabTo(page.plot('loss'));
    await keyboard.press('Enter');
    await page.content.getByRole('menuitem', { name: 'Pin to Top' }).waitFor();
    for (let i = 0; i < 20; i++) {
      const focused = await page.content.locator('[role="menuitem"]:focus').textContent();
      if (focused?.includes('Pin to Top')) break;
      await keyboard.press('ArrowDown');
    }
    await keyboard.press('Enter');
    await page.content.locator('.section[data-section="pinned"] .chart', { hasText: 'loss' }).waitFor();

    await tabTo(page.content.getByRole('tab', { name: 'Charts' }), 'Shift+Tab');
    await keyboard.press('ArrowLeft');
    const slider = page.content.getByLabel('Step of samples/digits');
    await tabTo(slider);
    await keyboard.press('Home');
    await page.content.locator('figcaption', { hasText: 'of step 0' }).first().waitFor();
    expect(await slider.getAttribute('aria-valuetext')).toBe('step 0');
    await tabTo(page.content.locator('.picture').first());
  });
});

/** Goes on with Tab, as somebody without a mouse does, until the element has the focus. */
async function tabTo(target: Locator, key = 'Tab'): Promise<void> {
  for (let presses = 0; presses < 80; presses++) {
    const focused = await target.evaluate((one) => {
      const active = (one.getRootNode() as Document | ShadowRoot).activeElement;
      return active !== null && (one === active || one.contains(active));
    });
    if (focused) return;
    await workbench.page.keyboard.press(key);
  }
  throw new Error(`Tab never comes to ${String(target)}`);
}

describe('a run that goes on', () => {
  beforeAll(async () => {
    startRun(folder, 'chatter:600');
    await workbench.showRuns();
    await workbench.row('chatter').waitFor();
    await workbench.rowAction('chatter', 'Open Charts');
  });

  test('Charts does not shift its layout while values arrive', async () => {
    await page.tab('Charts');
    const before = await page.drawn('loss', 'chatter');
    const moved = await page.content.locator('body').evaluate(
      () =>
        new Promise<number>((resolve) => {
          let sum = 0;
          const observer = new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) sum += (entry as unknown as { value: number }).value;
          });
          observer.observe({ type: 'layout-shift' });
          setTimeout(() => resolve(sum), 1500);
        }),
    );
    await page.until('loss', 'chatter', ({ x }) => x.length > before.x.length);
    // Digits that change by themselves; a chart that moves is a thousand times as much.
    expect(moved).toBeLessThan(1e-3);
  });

  test('Media keeps a filter that is being typed, and a slider that is not at its end, while steps arrive', async () => {
    await page.tab('Media');
    const card = page.content.locator('.media-card[aria-label="guesses"]');
    const step = async (): Promise<number> =>
      Number(/\d+$/.exec((await card.locator('header .number').textContent())!));
    const slider = card.getByLabel('Step of guesses');
    const newest = async (): Promise<number> => Number(await slider.getAttribute('max'));
    await until('it follows', async () => (await step()) >= 20);
    await card.getByLabel('Filter rows').click();
    const first = await step();
    for (const letter of 'guess 7') {
      await workbench.page.keyboard.type(letter);
      await workbench.page.waitForTimeout(120);
    }
    await until('it goes on', async () => (await step()) > first + 10);
    const row = card.locator('tbody tr');
    expect(await row.count()).toBe(1);
    expect(await row.locator('td').nth(1).textContent()).toBe('guess 7');
    expect(Number(await row.locator('td').last().textContent())).toBeGreaterThan(first);
    await workbench.page.keyboard.type('!');
    await card.getByText('No matching rows.').waitFor();
    await slider.fill('1');
    const max = await newest();
    await until('more came', async () => (await newest()) > max + 1);
    expect(await step()).toBe(10);
    await slider.fill(String(await newest()));
    const end = await step();
    await until('it follows again', async () => (await step()) > end);
  });

  test('Console follows the newest line until it is scrolled up', async () => {
    await page.tab('Console');
    const text = page.content.locator('.console-text');
    const follow = page.content.getByRole('button', { name: 'Follow Output' });
    const fromEnd = (): Promise<number> => text.evaluate((one) => one.scrollHeight - one.scrollTop - one.clientHeight);
    await until('it scrolls', () => text.evaluate((one) => one.scrollHeight > one.clientHeight * 1.5));
    await until('the end is shown', async () => (await fromEnd()) < 30);
    await text.evaluate((one) => (one.scrollTop = 0));
    await until('it does not follow', async () => (await follow.getAttribute('aria-pressed')) === 'false');
    const height = await text.evaluate((one) => one.scrollHeight);
    await until('it goes on', () => text.evaluate((one, before) => one.scrollHeight > before + 100, height));
    expect(await text.evaluate((one) => one.scrollTop)).toBe(0);
    await follow.click();
    await until('the end is shown again', async () => (await fromEnd()) < 30);
  });

  test('System draws what the supervisor sampled over time', async () => {
    await page.tab('System');
    const drawn = await page.until('system/cpu', 'chatter', ({ x }) => x.length >= 2);
    const sampled = readJournals(folder, 'chatter')
      .filter(({ head }) => head.role === 'supervisor')
      .flatMap(({ events }) => events.map(({ p }) => (p['metrics'] as Record<string, number>)?.['system/cpu']))
      .filter((value) => value !== undefined);
    expect(sampled.slice(0, drawn.y.length)).toEqual(drawn.y);
    expect(drawn.x.at(-1)! - drawn.x[0]!).toBeGreaterThan(0.5);
    expect(drawn.x.at(-1)!).toBeLessThan(600);
    await workbench.screenshots('tabs-system');
  });
});
