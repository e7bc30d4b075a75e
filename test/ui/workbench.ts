/** The real editor as a user meets it: what can be clicked, typed and read. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import { afterEach } from 'vitest';
import { ROOT } from '../../scripts/dependencies.mjs';
import { openEditor } from '../../scripts/editorSession.mjs';

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

type Options = Parameters<typeof openEditor>[0];

export class Workbench {
  private constructor(private readonly session: Awaited<ReturnType<typeof openEditor>>) {}

  static async open(options: Options = {}): Promise<Workbench> {
    const workbench = new Workbench(await openEditor(options));
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
   * Runs a command that asks something, and answers. What takes the focus late, as a panel that was restored, closes the
   * question: then it is asked again.
   */
  async ask(title: string, answer: string): Promise<void> {
    for (let more = 2; ; more--) {
      await this.runCommand(title);
      try {
        return await this.pick(answer, { seconds: 12 });
      } catch (error) {
        if (more === 0 || (await this.quickInput.isVisible())) throw error;
      }
    }
  }

  async openFile(name: string): Promise<void> {
    await this.pick(name, { opens: 'Control+p' });
    await this.page
      .locator(`.tab.active[data-resource-name="${name}"], .tab.active:has-text("${name}")`)
      .first()
      .waitFor();
  }

  /** Types into the quick input, which is open or which a key opens, and takes the first row that has the text. */
  async pick(text: string, { opens = '', prefix = '', seconds = 30 } = {}): Promise<void> {
    const input = this.quickInput.locator('input').first();
    const row = this.quickInput.locator('.monaco-list-row', { hasText: text }).first();
    await until(
      `${text} can be picked`,
      async () => {
        // Whatever takes the focus meanwhile, as an editor that is revealed, closes it again.
        if (opens && !(await input.isVisible())) await this.page.keyboard.press(opens);
        await input.waitFor({ timeout: 5000 });
        // Typed anew: the list is made while typing, and what an extension contributes may come a moment later.
        await input.fill(prefix, { timeout: 1500 });
        await input.fill(prefix + text, { timeout: 1500 });
        // Not Enter, which an editor that took the focus meanwhile would get.
        await row.click({ timeout: 1500 });
        return true;
      },
      seconds,
    );
  }

  get quickInput(): Locator {
    return this.page.locator('.quick-input-widget');
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
    return this.charts.locator('body').evaluate(() => window.__xtrackCharts?.() ?? []);
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

  /** As the settings file of the machine says it; the editor follows at once. */
  changeSettings(settings: Record<string, unknown>): void {
    const file = join(this.session.server.data, 'data/Machine/settings.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...settings }));
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
    for (const kind of kinds) {
      const { theme, shown } = THEMES[kind];
      this.changeSettings({ 'workbench.colorTheme': theme });
      await this.page.locator(`.monaco-workbench.${shown}`).first().waitFor();
      if ((await this.page.locator(CHART_PANEL).count()) > 0) {
        await this.charts.locator('html[data-xtrack-ready="true"]').waitFor();
      }
      await this.page.waitForTimeout(800); // the panel draws itself anew
      await look(kind);
    }
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
  seconds = 30,
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
