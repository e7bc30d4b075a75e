// Takes the README's pictures from the real editor (needs ffmpeg):  node scripts/pictures.mjs
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../esbuild.mjs';
import { ROOT } from './dependencies.mjs';
import { copyExample, openEditor } from './editorSession.mjs';

const OUT = join(ROOT, 'docs/pictures');
const FRAMES_A_SECOND = 5;
const SECONDS = 14;

/** A script that uses no tracker. */
const SCRIPT = `import math, random, time

EPOCHS = 30
weight = 2.3
for epoch in range(1, EPOCHS + 1):
    for batch in range(10):
        time.sleep(0.03)
        weight *= 0.985
    loss = weight + random.gauss(0, 0.03)
    val_acc = 1 - math.exp(-epoch / 9) + random.gauss(0, 0.01)
    print(f"epoch {epoch}/{EPOCHS} loss={loss:.4f} val_acc={val_acc:.4f}")
`;

async function withEditor(folder, work) {
  const editor = await openEditor({
    folder,
    settings: { 'workbench.colorTheme': 'Dark 2026', 'editor.minimap.enabled': false },
  });
  const { page } = editor;
  try {
    await page.locator('.part.activitybar [aria-label^="XTrack"]').first().click();
    await work(page);
  } finally {
    await editor.close();
  }
}

async function pick(page, key, text) {
  await page.keyboard.press(key);
  await page.locator('.quick-input-widget input').first().fill(text);
  await page.waitForTimeout(800);
  await page.keyboard.press('Enter');
}

function train(folder, lr) {
  const args = ['train.py', '--epochs', '16', '--pace', '0', '--lr', String(lr)];
  const env = { ...process.env, PYTHONPATH: join(ROOT, 'dist/python') };
  const child = spawn('python3', args, { cwd: folder, env, stdio: 'inherit' });
  return new Promise((resolve, reject) =>
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`train.py ended with ${code}.`)))),
  );
}

/** Three runs of the example, compared. */
async function takeCharts(home) {
  const folder = copyExample(join(home, 'spirals'));
  mkdirSync(join(folder, '.xtrack'));
  for (const lr of [0.01, 0.03, 0.1]) await train(folder, lr);
  await withEditor(folder, async (page) => {
    const rows = page.locator('.pane-body .monaco-list-row');
    await rows.nth(2).waitFor();
    await rows.nth(0).click();
    await page.keyboard.press('ArrowLeft');
    await rows.nth(2).click({ modifiers: ['Shift'] });
    await pick(page, 'F1', '>XTrack: Open Charts');
    await page.waitForTimeout(4000);
    await page.screenshot({ path: join(OUT, 'charts.png') });
  });
}

/** One click from an unmodified script to its curves. */
async function takeAnimation(home) {
  const folder = join(home, 'project');
  mkdirSync(join(folder, '.xtrack'), { recursive: true });
  writeFileSync(join(folder, 'train.py'), SCRIPT);
  const frames = join(home, 'frames');
  mkdirSync(frames);
  await withEditor(folder, async (page) => {
    await pick(page, 'Control+p', 'train.py');
    const lens = page.locator('.codelens-decoration a', { hasText: 'Track this script' }).first();
    await lens.waitFor();
    await lens.hover();
    for (let i = 0; i < SECONDS * FRAMES_A_SECOND; i++) {
      const next = performance.now() + 1000 / FRAMES_A_SECOND;
      if (i === FRAMES_A_SECOND) await lens.click();
      await page.screenshot({ path: join(frames, `${String(i).padStart(4, '0')}.png`) });
      await page.waitForTimeout(Math.max(0, next - performance.now()));
    }
  });
  const palette = 'scale=1000:-1:flags=lanczos,split[a][b];[a]palettegen=max_colors=96[p];[b][p]paletteuse=dither=none';
  const input = ['-framerate', String(FRAMES_A_SECOND), '-i', join(frames, '%04d.png')];
  const { status } = spawnSync('ffmpeg', ['-y', '-v', 'error', ...input, '-vf', palette, join(OUT, 'live.gif')], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('ffmpeg did not make the animation.');
}

const home = mkdtempSync(join(tmpdir(), 'xtp-'));
try {
  await build();
  mkdirSync(OUT, { recursive: true });
  await takeCharts(home);
  await takeAnimation(home);
} finally {
  rmSync(home, { recursive: true, force: true });
}
