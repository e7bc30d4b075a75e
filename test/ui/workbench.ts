/** The real editor as a user meets it: what can be clicked, typed and read. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { afterEach } from 'vitest';
import { ROOT } from '../../scripts/dependencies.mjs';
import { openEditor, type startEditor } from '../../scripts/editorSession.mjs';

/** Notebooks have webviews of their own. */
const CHART_PANEL = 'iframe.webview.ready[src*="extensionId=xtrack.xtrack"]';
export const ARTIFACTS = join(ROOT, 'test/ui/.artifacts');

const THEMES = {
  light: { theme: 'Light 2026', shown: 'vs' },
  dark: { theme: 'Dark 2026', shown: 'vs-dark' },
  highContrast: { theme: 'Default High Contrast', shown: 'hc-black' },
  highContrastLight: { theme: 'Default High Contrast Light', shown: 'hc-light' },
};

export type PlottedCurve = ReturnType<NonNullable<Window['__xtrackCharts']>>[number];

/** Seconds after which something hangs: a busy machine takes many times as long as a quiet one. */
const PATIENCE = 90;
/** Milliseconds for one try of many, after which what closed meanwhile is opened again. */
const ONE_TRY = 4000;

type Options = Parameters<typeof startEditor>[0];

export class Workbench {
  private changes = 0;
  /** The last one chosen. */
  private theme: keyof typeof THEMES | undefined;

  private constructor(private readonly session: Awaited<ReturnType<typeof openEditor>>) {}

  static async open(options: Options = {}): Promise<Workbench> {
    // Tests compare what is shown with the journals, which a slow machine might seal and remove before it gets there.
    const settings = { 'xtrack.journals': 'keep', ...options?.settings };
    const workbench = new Workbench(await openEditor({ ...options, settings }));
    try {
      await workbench.ready();
      return workbench;
    } catch (error) {
      await workbench.close();
      throw error;
    }
  }

  get page(): Page {
    return this.session.page;
  }

  get folder(): string {
    return this.session.folder;
  }

  get runtime(): string {
    return this.session.runtime;
  }

  close(): Promise<void> {
    return this.session.close();
  }

  private async ready(): Promise<void> {
    this.page.setDefaultTimeout(PATIENCE * 1000);
    await this.page.locator('.monaco-workbench .part.statusbar').waitFor();
    await this.page.locator('.part.activitybar [aria-label^="XTrack"]').first().waitFor();
  }

  /** The command, as a user reloads; a bare page reload does not let the workbench save its layout. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent('load');
    await this.runCommand('Developer: Reload Window');
    await loaded;
    await this.ready();
  }

  /** As typed after F1, without the leading `>`. */
  async runCommand(title: string): Promise<void> {
    await this.pick(title, { opens: 'F1', prefix: '>' });
  }

  /**
   * Runs a command that asks something, and answers. Whatever takes the focus late, such as a panel that was restored,
   * closes the question: then the command is run again.
   */
  async ask(title: string, answer: string): Promise<void> {
    await until(
      `${title} is answered with ${answer}`,
      async () => {
        await this.runCommand(title);
        await until('it asks', () => this.isAsking(), 20);
        const result = await until('it takes the answer', async () =>
          (await this.isAsking()) ? this.choose(answer) : 'closed',
        );
        return result === true;
      },
      2 * PATIENCE,
    );
  }

  /** Submits what the quick input asks for, wherever the focus is; with `text`, that is typed first. */
  async answer(text?: string): Promise<void> {
    await until('it asks', () => this.isAsking());
    if (text !== undefined) await this.input.fill(text);
    await this.input.press('Enter');
  }

  /** Whether the quick input is open and not the palette, which is the same widget. */
  private async isAsking(): Promise<boolean> {
    return (await this.input.isVisible()) && !(await this.input.inputValue({ timeout: ONE_TRY })).startsWith('>');
  }

  async openFile(name: string): Promise<void> {
    await this.pick(name, { opens: 'Control+p' });
    await this.page
      .locator(`.tab.active[data-resource-name="${name}"], .tab.active:has-text("${name}")`)
      .first()
      .waitFor();
  }

  /** Types into the quick input, which is open or which a key opens, and takes the first row that has the text. */
  async pick(text: string, { opens = '', prefix = '' } = {}): Promise<void> {
    await until(`${text} can be picked`, async () => {
      // Whatever takes the focus meanwhile, such as an editor that is revealed, closes it again.
      if (opens && !(await this.input.isVisible())) await this.page.keyboard.press(opens);
      await this.input.waitFor({ timeout: ONE_TRY });
      return this.choose(text, prefix);
    });
  }

  /** One try to take the first row that has the text. */
  private async choose(text: string, prefix = ''): Promise<true> {
    // Typed anew: the list is made while typing, and what an extension contributes may come a moment later.
    await this.input.fill(prefix, { timeout: ONE_TRY });
    await this.input.fill(prefix + text, { timeout: ONE_TRY });
    // Not Enter, which an editor that took the focus meanwhile would get.
    await this.quickInput.locator('.monaco-list-row', { hasText: text }).first().click({ timeout: ONE_TRY });
    return true;
  }

  get quickInput(): Locator {
    return this.page.locator('.quick-input-widget');
  }

  get input(): Locator {
    return this.quickInput.locator('input').first();
  }

  /** Opens the run explorer. By the command: a click on its icon would close it where it is open. */
  async showRuns(): Promise<void> {
    await this.runCommand('View: Show XTrack');
    await this.page.locator('.part.sidebar .title-label', { hasText: 'XTrack' }).waitFor();
  }

  get tree(): Locator {
    return this.page.locator('.part.sidebar .pane-body');
  }

  /** A row of the run explorer, by what a screen reader says of it: "name, status, key metric and progress". */
  row(label: string): Locator {
    return this.tree.locator(`.monaco-list-row[aria-label*="${label}"]`).first();
  }

  notification(text: string | RegExp): Locator {
    return this.page.locator('.notifications-toasts .notification-list-item', { hasText: text }).first();
  }

  /** The content of the chart panel. */
  get charts(): FrameLocator {
    return this.page.frameLocator(CHART_PANEL).frameLocator('#active-frame');
  }

  /** What the panel says it has drawn; empty while there is no panel. */
  async plotted(): Promise<PlottedCurve[]> {
    if ((await this.page.locator(CHART_PANEL).count()) === 0) return [];
    // Not longer: a panel that is replaced meanwhile never answers.
    return this.charts.locator('body').evaluate(() => window.__xtrackCharts?.() ?? [], null, { timeout: 3 * ONE_TRY });
  }

  async plottedCurve(key: string, runId?: string): Promise<PlottedCurve | undefined> {
    return (await this.plotted()).find((curve) => curve.key === key && (!runId || curve.run_id === runId));
  }

  panelButton(text: string): Locator {
    return this.charts.locator('.panel-header vscode-button', { hasText: text }).first();
  }

  get panelStatus(): Locator {
    return this.charts.locator('.panel-header .status');
  }

  /** A button that a tree row shows under the pointer. */
  async rowAction(row: string, action: string): Promise<void> {
    await this.row(row).hover();
    await this.row(row).locator(`.action-label[aria-label^="${action}"]`).click();
  }

  /**
   * Changes the machine's settings. Done when the window has them: its title, which is one of them, says so, and whatever
   * is asked of an extension afterwards comes after them.
   */
  async changeSettings(settings: Record<string, unknown>): Promise<void> {
    const file = join(this.session.server.data, 'data/Machine/settings.json');
    const title = `After change ${++this.changes}`;
    const now = { ...JSON.parse(readFileSync(file, 'utf8')), ...settings, 'window.title': title };
    writeFileSync(file, JSON.stringify(now));
    await until('the settings are in force', async () => (await this.page.title()) === title);
  }

  /** Pictures in a light and a dark theme. */
  screenshots(name: string): Promise<void> {
    return this.inThemes(name, ['light', 'dark']);
  }

  /** Pictures in these, and in both high-contrast themes. */
  allScreenshots(name: string): Promise<void> {
    return this.inThemes(name, ['highContrast', 'highContrastLight', 'light', 'dark']);
  }

  private inThemes(name: string, kinds: (keyof typeof THEMES)[]): Promise<void> {
    return this.inEachTheme((kind) => this.screenshot(`${name}-${kind}`), kinds);
  }

  async inEachTheme(
    look: (kind: string) => Promise<void>,
    kinds = Object.keys(THEMES) as (keyof typeof THEMES)[],
  ): Promise<void> {
    // The one that is shown is first: changing it costs a second.
    const order = [...kinds].sort((a, b) => Number(b === this.theme) - Number(a === this.theme));
    for (const kind of order) {
      const { theme, shown } = THEMES[kind];
      if (kind !== this.theme) await this.changeSettings({ 'workbench.colorTheme': theme });
      this.theme = kind;
      await this.page.locator(`.monaco-workbench.${shown}`).first().waitFor();
      await this.painted(`vscode-${kind.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
      await look(kind);
    }
  }

  /** Waits until the workbench, and the chart panel where there is one, have drawn themselves in a theme of this class. */
  private async painted(theme: string): Promise<void> {
    if ((await this.page.locator(CHART_PANEL).count()) > 0) {
      await this.charts.locator('html[data-xtrack-ready="true"]').waitFor();
      await this.charts.locator(`body.${theme}`).waitFor();
      await this.panelSettled();
    }
    await this.page.evaluate(settled);
  }

  /** Waits until the chart panel's transitions are over and what it shows is drawn. */
  panelSettled(): Promise<void> {
    return this.charts.locator('body').evaluate(settled);
  }

  /** What was copied, when it is as it should be. */
  async clipboard(right: (text: string) => boolean): Promise<string> {
    return until('it is copied', async () => {
      const text = await this.page.evaluate(() => navigator.clipboard.readText());
      return right(text) ? text : null;
    });
  }

  /** The picture that was copied, as a PNG in base64. */
  clipboardPicture(): Promise<string> {
    return until('a picture is copied', () =>
      this.page.evaluate(async () => {
        const item = (await navigator.clipboard.read()).find(({ types }) => types.includes('image/png'));
        if (item === undefined) return null;
        const bytes = new Uint8Array(await (await item.getType('image/png')).arrayBuffer());
        return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
      }),
    );
  }

  async screenshot(name: string): Promise<void> {
    mkdirSync(ARTIFACTS, { recursive: true });
    await this.page.screenshot({ path: join(ARTIFACTS, `${name}.png`) });
  }
}

/** In a page: when its transitions are over and what follows from them is drawn. */
async function settled(): Promise<void> {
  const frame = (): Promise<unknown> => new Promise((done) => requestAnimationFrame(done));
  await frame();
  const transitions = document.getAnimations().filter((one) => one instanceof CSSTransition);
  await Promise.allSettled(transitions.map(({ finished }) => finished));
  await frame();
  await frame();
}

/** What the editor looked like when a test failed. */
export function screenshotFailures(current: () => Workbench | undefined): void {
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    await current()?.screenshot(`failed-${task.name.replaceAll(/[^\w]+/g, '-').slice(0, 60)}`);
  });
}

/** Waits until `probe` answers with something else than null, undefined or false, and returns that. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  seconds = PATIENCE,
): Promise<T> {
  let last: unknown;
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline;) {
    try {
      const value = await probe();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${what}: not within ${seconds} s (${last instanceof Error ? last.message : JSON.stringify(last)})`);
}
