// The chart panel in a real browser, before a real collector and scripts that log: from a logging call to the drawn curve, and
// what a panel of twelve charts of ten live runs costs. Times are milliseconds of this machine; see the design for what they are to be.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../scripts/dependencies.mjs';
import { openEditor } from '../../scripts/editorSession.mjs';
import { python } from '../../scripts/python.mjs';

const SCRIPT = join(ROOT, 'test/bench/livePanel.py');

export async function measure({ quick }) {
  const home = mkdtempSync(join(tmpdir(), 'xtb-'));
  const folder = join(home, 'work');
  mkdirSync(folder);
  const editor = await openEditor({ folder });
  const children = [];
  const start = (...args) => {
    const env = {
      ...process.env,
      PYTHONPATH: join(ROOT, 'dist/python'),
      XTRACK_DIR: join(folder, '.xtrack'),
      // Where they find the editor's collector, as in its terminals.
      XDG_RUNTIME_DIR: editor.runtime,
    };
    children.push(spawn(python(), [SCRIPT, ...args], { cwd: folder, env, stdio: 'ignore' }));
  };
  try {
    const { page } = editor;
    page.setDefaultTimeout(20_000);
    await page.locator('.part.activitybar [aria-label^="XTrack"]').first().waitFor();
    await command(page, 'View: Show XTrack');
    const points = quick ? 40 : 120;
    start('probe', String(points));
    await openCharts(page, 'probe');
    const delays = await (await panelFrame(page)).evaluate(watchProbe, { points: points - 15, seconds: points });
    await command(page, 'View: Close All Editors');

    const seconds = quick ? 20 : 60;
    start('grid', String(seconds + 25));
    await page.locator('.part.sidebar .monaco-list-row[aria-label*="live 9"]').waitFor({ timeout: 60_000 });
    await openCharts(page, 'grid');
    const frame = await panelFrame(page);
    await until(() => frame.evaluate(() => window.__xtrackCharts().filter(({ x }) => x.length > 20).length >= 60));
    const browser = page.context().browser();
    await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] });
    const watching = frame.evaluate(watchPanel, seconds);
    await hover(page, frame, seconds);
    const seen = await watching;
    const { frames, tasks } = mainThread(JSON.parse(String(await browser.stopTracing())).traceEvents);
    return [
      ...share('log call → the panel is told, p50, ms', delays.told, 0.5),
      ...share('log call → the panel has the point, p50, ms', delays.got, 0.5),
      ...share('log call → curve, p50, ms', delays.drawn, 0.5, 100),
      ...share('log call → curve, p95, ms', delays.drawn, 0.95, 250),
      ...share('12 × 10 live: a frame, p50, ms of processor', frames, 0.5),
      ...share('12 × 10 live: a frame, p95, ms of processor', frames, 0.95, 8),
      ...share('12 × 10 live: longest task, ms of processor', tasks, 1, 50),
      { name: '12 × 10 live: longest task, ms passed', values: [seen.longest], note: `${seen.tasks} over 50 ms` },
      { name: 'points asked for, × half the pixels', values: [seen.points / (seen.width / 2)], atMost: 1.3 },
      {
        name: 'answers that are ends only, share',
        values: [seen.tails / seen.answers],
        atLeast: 0.9,
        note: `of ${seen.answers}`,
      },
    ];
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await editor.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

function share(name, values, part, atMost) {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
  return [{ name, values: [value], atMost, note: `of ${sorted.length}` }];
}

/** In the panel: how old each logged time is when its row is there, when its point is, and in the first frame that has it drawn. */
async function watchProbe({ points, seconds }) {
  const delays = { told: [], got: [], drawn: [] };
  const last = { told: 0, got: 0, drawn: 0 };
  const see = (what, value) => {
    // The first one was there before anybody looked.
    if (value > last[what] && last[what] > 0) delays[what].push(Date.now() - value);
    last[what] = Math.max(last[what], value ?? 0);
  };
  window.addEventListener('message', ({ data }) => {
    see('told', data.runs?.[0]?.row.metrics.probe?.last);
    see('got', data.series?.[0]?.last.at(-1));
  });
  const end = Date.now() + seconds * 1000;
  while (delays.drawn.length < points && Date.now() < end) {
    await new Promise(requestAnimationFrame);
    see(
      'drawn',
      window
        .__xtrackCharts()
        .find(({ key }) => key === 'probe')
        ?.y.at(-1),
    );
  }
  return delays;
}

/**
 * Processor time of the thread that draws, of its frames' scripts and of its tasks, ms: the machine may be busy with other
 * things, and a browser without a graphics card composes its pictures on the same cores.
 */
function mainThread(events) {
  const whole = events.filter(({ ph, tdur }) => ph === 'X' && tdur !== undefined);
  const threadOf = ({ pid, tid }) => `${pid}:${tid}`;
  const frames = whole.filter(({ name }) => name === 'FireAnimationFrame');
  const busiest = heaviest(frames, threadOf);
  const tasks = whole.filter((event) => event.name.endsWith('RunTask') && threadOf(event) === busiest);
  // The page around the panel has frames of its own.
  const frameOf = ({ args }) => args.data?.frame;
  const panel = heaviest(frames, frameOf);
  const ms = ({ tdur }) => tdur / 1000;
  return { frames: frames.filter((event) => frameOf(event) === panel).map(ms), tasks: tasks.map(ms) };
}

/** That of all keys on which most time was spent. */
function heaviest(events, keyOf) {
  const sums = new Map();
  for (const event of events) sums.set(keyOf(event), (sums.get(keyOf(event)) ?? 0) + event.tdur);
  return [...sums].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/** In the panel: tasks, and what the collector's answers hold. */
async function watchPanel(seconds) {
  const tasks = [];
  const seen = { answers: 0, tails: 0, points: 0 };
  window.addEventListener('message', ({ data }) => {
    for (const series of data.series ?? []) {
      seen.answers++;
      if (series.tail_from !== undefined) seen.tails++;
      else seen.points = Math.max(seen.points, series.x.length);
    }
  });
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
    type: 'longtask',
  });
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const width = Math.max(...[...document.querySelectorAll('.plot')].map((plot) => plot.clientWidth));
  return { width, ...seen, tasks: tasks.length, longest: Math.max(0, ...tasks) };
}

/** The pointer goes to and fro over one chart. */
async function hover(page, frame, seconds) {
  const plot = await frame.locator('.plot').first().boundingBox();
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    const share = 0.5 + 0.4 * Math.sin(Date.now() / 700);
    await page.mouse.move(plot.x + plot.width * share, plot.y + plot.height / 2);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

async function command(page, title) {
  await page.keyboard.press('F1');
  const input = page.locator('.quick-input-widget input').first();
  await input.waitFor();
  await input.fill(`>${title}`);
  await page.locator('.quick-input-widget .monaco-list-row', { hasText: title }).first().waitFor();
  await page.keyboard.press('Enter');
}

async function openCharts(page, row) {
  const found = page.locator(`.part.sidebar .monaco-list-row[aria-label*="${row}"]`).first();
  await found.hover();
  await found.locator('.action-label[aria-label^="Open Charts"]').click();
}

/** The document of the panel that is in front. */
async function panelFrame(page) {
  return until(async () => {
    for (const frame of page.frames()) {
      const ready = () => document.documentElement.dataset.xtrackReady === 'true' && document.body.offsetHeight > 0;
      if (await frame.evaluate(ready).catch(() => false)) return frame;
    }
    return null;
  });
}

async function until(probe) {
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    const found = await probe();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('The panel did not come to show what was expected.');
}
