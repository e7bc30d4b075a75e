/** Scripts as users of the protocol write them, unmodified: live, killed in the middle, resumed as one history. */
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { ROOT } from '../../scripts/dependencies.mjs';
import { expectSameCurve } from './curves';
import { loggedCurve, runIds, scripts } from './journals';
import { kill } from './processes';
import { screenshotFailures, until, Workbench } from './workbench';

let workbench: Workbench | undefined;
let folder: string | undefined;

afterEach(async () => {
  await workbench?.close();
  workbench = undefined;
  if (folder) rmSync(folder, { recursive: true, force: true });
});

screenshotFailures(() => workbench);

async function openWith(script: string, settings: Record<string, unknown> = {}): Promise<Workbench> {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'xtw-')));
  cpSync(join(ROOT, 'test/fixtures', script), join(folder, script));
  workbench = await Workbench.open({ folder, settings, env: { EPOCH_SECONDS: '0.25' } });
  await workbench.openFile(script);
  return workbench;
}

for (const { script, name, metric } of [
  { script: 'seedWorkflow1.py', name: 'resnet50_imagenet', metric: 'train_loss' },
  { script: 'seedWorkflow6.py', name: 'training', metric: 'train_loss' },
]) {
  test(`${script} is drawn live, fails by SIGKILL, and is resumed by one click with one continuous history`, async () => {
    const editor = await openWith(script);
    await editor.showRuns();
    await editor.page.locator('.tab', { hasText: script }).click();
    await editor.runCommand('XTrack: Track This Script');
    const [runId] = await until(
      'a run',
      () => runIds(editor.folder).length === 1 && (runIds(editor.folder) as [string]),
    );
    const logged = () => loggedCurve(editor.folder, runId, metric);
    const drawn = () => editor.plottedCurve(metric, runId);

    await editor.row(name).waitFor();
    await until('the curve is live', async () => ((await drawn())?.x.length ?? 0) >= 5, 60);
    expectSameCurve(await drawn(), logged(), true);

    await kill(scripts(editor.folder, runId)[0]!.proc.pid, 'SIGKILL');
    await editor.notification(/SIGKILL|killed/i).waitFor();
    await until('the run is shown as failed', async () =>
      (await editor.row(name).getAttribute('aria-label'))?.includes('failed'),
    );
    const beforeKill = logged();
    await until('all that was logged is drawn', async () => {
      expectSameCurve(await drawn(), beforeKill);
      return true;
    });
    await editor.screenshot(`${script}-failed`);

    await editor.rowAction(name, 'Resume');
    await until('attempt 2', () => scripts(editor.folder, runId).length === 2);
    await until('it goes beyond the kill', () => (logged().at(-1)?.x ?? 0) > beforeKill.at(-1)!.x + 2, 120);
    await until('that is drawn', async () => ((await drawn())?.x.at(-1) ?? 0) > beforeKill.at(-1)!.x + 1);
    const shown = await drawn();
    const curve = logged();
    expectSameCurve(shown, curve, true);
    expect(runIds(editor.folder)).toEqual([runId]);
    // Every epoch once, from the first on.
    expect(curve.map((point) => point.x)).toEqual(curve.map((_, epoch) => epoch));
    expect(curve.at(-1)!.attempt).toBe(2);
    await editor.row(`${name}, running`).waitFor();
    await editor.screenshots(`${script}-resumed`);
  });
}

test('seedWorkflow7.py is launched from the palette as one run with a curve for each of four workers', async () => {
  const script = 'seedWorkflow7.py';
  const profile = { name: 'four workers', script, workers: 4, experiment: 'distributed' };
  const editor = await openWith(script, { 'xtrack.launchProfiles': [profile] });
  await editor.showRuns();
  await editor.ask('XTrack: Launch Script', 'four workers');
  await editor.row('distributed_training, completed').waitFor();
  const [runId] = runIds(editor.folder) as [string];
  const workers = [0, 1, 2, 3].map((rank) => `worker-${rank}`);
  expect(
    scripts(editor.folder, runId)
      .map(({ worker }) => worker)
      .sort(),
  ).toEqual(workers);
  for (const worker of workers) {
    const logged = loggedCurve(editor.folder, runId, 'loss', worker);
    expect(logged.map(({ x }) => x)).toEqual(Array.from({ length: 1000 }, (_, step) => step));
    await until(`the curve of ${worker}`, async () => {
      const drawn = (await editor.plotted()).find((curve) => curve.key === 'loss' && curve.worker === worker);
      expectSameCurve(drawn, logged);
      return true;
    });
  }
  expect(runIds(editor.folder)).toEqual([runId]);
  await editor.screenshot(script);
});
