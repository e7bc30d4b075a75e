/** The chart panel that is in front, as a user meets it. */
import type { FrameLocator, Locator } from 'playwright-core';
import { type PlottedCurve, until, type Workbench } from './workbench';

export class ChartPage {
  constructor(private readonly workbench: Workbench) {}

  get content(): FrameLocator {
    return this.workbench.charts;
  }

  get toolbar(): Locator {
    return this.content.locator('.toolbar');
  }

  chart(title: string): Locator {
    return this.content.locator('.chart', { has: this.content.locator(`h3[title="${title}"]`) }).first();
  }

  plot(title: string): Locator {
    return this.chart(title).locator('.plot');
  }

  /** By which a chart is resized. */
  corner(title: string): Locator {
    return this.chart(title).getByRole('slider', { name: `${title}: size` });
  }

  async sized(title: string, size: string): Promise<void> {
    await until(`${title} has ${size}`, async () => (await this.corner(title).getAttribute('aria-valuetext')) === size);
  }

  drawn(key: string, runId: string): Promise<PlottedCurve> {
    return this.until(key, runId, () => true);
  }

  /** The run's curve of a metric, when it is as it should be. */
  until(key: string, runId: string, right: (curve: PlottedCurve) => boolean): Promise<PlottedCurve> {
    return this.any(key, (curve) => curve.run_id === runId && curve.x.length > 0 && right(curve));
  }

  any(key: string, right: (curve: PlottedCurve) => boolean): Promise<PlottedCurve> {
    return until(`${key} is drawn so`, async () =>
      (await this.workbench.plotted()).find((one) => one.key === key && right(one)),
    );
  }

  /** Takes one of the choices of a drop-down. */
  async choose(name: string, choice: string): Promise<void> {
    // The editor of a chart, which comes after, has an x axis of its own.
    const select = this.content.locator(`vscode-single-select[label="${name}"]`).first();
    if (!(await select.isVisible())) await this.content.getByRole('button', { name: 'Chart Options' }).click();
    await select.click();
    await select.locator('.option', { hasText: new RegExp(`^\\s*${choice}\\s*$`) }).click();
  }

  chooseAxis(name: string): Promise<void> {
    return this.choose('X axis', name);
  }

  groupBy(name: string): Promise<void> {
    return this.choose('Group runs by', name);
  }

  async option(name: string, on: boolean): Promise<void> {
    const check = this.content.locator('.options vscode-checkbox', { hasText: name });
    if (!(await check.isVisible())) await this.content.getByRole('button', { name: 'Chart Options' }).click();
    if ((await check.evaluate((one) => (one as HTMLElement & { checked: boolean }).checked)) !== on)
      await check.click();
    await this.workbench.page.keyboard.press('Escape');
  }

  smooth(weight: number): Promise<void> {
    return this.toolbar.getByLabel('Smoothing').fill(String(weight));
  }

  async newChart(lines: string[]): Promise<void> {
    await this.content.getByRole('button', { name: 'New Chart…' }).click();
    await this.content.getByLabel('Metrics or expressions, one per line').fill(lines.join('\n'));
    await this.content.getByRole('dialog').locator('vscode-button', { hasText: 'Show Chart' }).click();
  }

  async chartMenu(title: string, item: string): Promise<void> {
    await this.chart(title).getByRole('button', { name: 'more actions' }).click();
    await this.menuItem(item);
  }

  async views(item: string): Promise<void> {
    await this.content.getByRole('button', { name: 'Views' }).click();
    await this.menuItem(item);
  }

  private menuItem(item: string): Promise<void> {
    return this.content.getByRole('menuitem', { name: item }).click();
  }

  /** From one share of the plot's width to another. */
  async drag(title: string, from: number, to: number, { shift = false } = {}): Promise<void> {
    const box = (await this.plot(title).boundingBox())!;
    const { mouse, keyboard } = this.workbench.page;
    // The axis' labels are on the left.
    const at = (share: number): number => box.x + 54 + (box.width - 64) * share;
    if (shift) await keyboard.down('Shift');
    await mouse.move(at(from), box.y + box.height * 0.4);
    await mouse.down();
    await mouse.move(at(to), box.y + box.height * 0.7, { steps: 4 });
    await mouse.up();
    if (shift) await keyboard.up('Shift');
  }

  /** Presses in the middle of a handle and moves by so many pixels; the button stays down. */
  async pull(handle: Locator, x: number, y: number): Promise<void> {
    await handle.hover();
    const box = (await handle.boundingBox())!;
    const { mouse } = this.workbench.page;
    await mouse.down();
    await mouse.move(box.x + box.width / 2 + x, box.y + box.height / 2 + y, { steps: 4 });
  }

  async wheel(title: string, x: number, y: number): Promise<void> {
    await this.plot(title).hover();
    await this.workbench.page.mouse.wheel(x, y);
  }

  tab(name: string): Promise<void> {
    return this.content.getByRole('tab', { name }).click();
  }

  /**
   * When the panel has stored its state, which it does a moment after a change: a timer that starts later and is longer
   * comes after that, however busy the machine is.
   */
  stored(): Promise<void> {
    return this.content.locator('body').evaluate(() => new Promise((done) => setTimeout(done, 500)));
  }

  /** What was chosen is put back, so that the next test begins as this one did. */
  async restore(): Promise<void> {
    await this.chooseAxis('Step');
    await this.groupBy('None');
    await this.choose('Band around means', 'Standard deviation');
    await this.option('Log x', false);
    await this.smooth(0);
  }
}
