/** What a newcomer does in the first minute with the example, and what must survive it. One story, told in order. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { expectSameCurve } from './curves';
import { loggedCurve, runIds, scripts } from './journals';
import { collector, isAlive, kill } from './processes';
import { screenshotFailures, until, Workbench } from './workbench';

const METRIC = 'train/loss';

let workbench: Workbench;
let runId: string;

const logged = () => loggedCurve(workbench.folder, runId, METRIC);
const drawn = () => workbench.plottedCurve(METRIC, runId);

beforeAll(async () => {
  // At half its pace, so that it still trains when the last step begins.
  workbench = await Workbench.open({ env: { PACE: '0.12' } });
});

// Each step goes on from the one before.
let broken = false;
beforeEach(() => {
  if (broken) throw new Error('an earlier step failed');
});
afterEach(({ task }) => {
  broken ||= task.result?.state === 'fail';
});
screenshotFailures(() => (broken ? undefined : workbench));

afterAll(() => workbench?.close());

/** Everything that was there is there again: the row, its status, the curve with its values. */
async function expectEverything(status: string): Promise<void> {
  await workbench.showRuns();
  await workbench.row(`, ${status}`).waitFor();
  await until('the whole curve is drawn', async () => {
    expectSameCurve(await drawn(), logged());
    return true;
  });
  expect(runIds(workbench.folder)).toEqual([runId]);
}

test('launching the current file shows the run in the tree and its growing curve', async () => {
  await workbench.openFile('train.py');
  await workbench.showRuns();
  await workbench.screenshots('empty');
  await workbench.page.locator('.tab', { hasText: 'train.py' }).click();
  await workbench.runCommand('XTrack: Track This Script');

  [runId] = await until('a run', () => runIds(workbench.folder).length === 1 && (runIds(workbench.folder) as [string]));
  await workbench.row(', running').waitFor();
  const early = await until('two points are drawn', async () => {
    const curve = await drawn();
    return curve && curve.x.length >= 2 && curve;
  });
  expectSameCurve(early, logged(), true);
  await until('the curve grows', async () => ((await drawn())?.x.at(-1) ?? 0) > early.x.at(-1)! + 2);
  expectSameCurve(await drawn(), logged(), true);
  await workbench.screenshots('running');
});

test('a click in the tree stops the run', async () => {
  const script = scripts(workbench.folder, runId)[0]!;
  expect(isAlive(script.proc.pid)).toBe(true);
  await workbench.rowAction(', running', 'Stop');
  await workbench.row(', stopped').waitFor();
  await until('the script has ended', () => !isAlive(script.proc.pid));
  await expectEverything('stopped');
  await workbench.screenshots('stopped');
});

test('one click resumes the run from its checkpoint, with one history', async () => {
  const before = logged().at(-1)!.x;
  await workbench.panelButton('Resume').click();
  await workbench.row(', running').waitFor();
  await until('the second attempt goes beyond the first', () => logged().at(-1)!.x > before + 1, 60);
  const shown = await drawn();
  const curve = logged();
  expect(new Set(curve.map((point) => point.attempt))).toEqual(new Set([1, 2]));
  // From a checkpoint, not from the beginning, and without a hole.
  expect(curve.find((point) => point.attempt === 2)!.x).toBeGreaterThan(curve[0]!.x);
  const steps = curve.map((point) => point.x);
  const widest = Math.max(...steps.slice(1).map((x, i) => x - steps[i]!));
  expect(widest).toBe(steps[1]! - steps[0]!);
  expectSameCurve(shown, curve, true);
  await workbench.screenshots('resumed');
});

test('the log lists the launch, the stop and the resume', async () => {
  await workbench.runCommand('XTrack: Show Log');
  const lines = workbench.page.locator('.part.panel .output-view .view-lines');
  for (const happened of [
    /Collector for .* answers on port \d+/,
    new RegExp(`Launched .*train\\.py.* as ${runId}`),
    new RegExp(`Stop ${runId}: `),
    new RegExp(`Resumed ${runId} from .* as attempt 2`),
  ])
    await until(`the log says ${happened.source}`, async () =>
      happened.test((await lines.innerText()).replaceAll(/\s+/g, ' ')),
    );
  await workbench.screenshots('log');
});

test('a window reload loses nothing, and the run continues', async () => {
  const pid = scripts(workbench.folder, runId)[1]!.proc.pid;
  await workbench.reload();
  await workbench.showRuns();
  await workbench.row(', running').waitFor();
  const first = await until(
    'the panel is restored',
    async () => ((await drawn())?.x.length ?? 0) >= 2 && (await drawn()),
  );
  await until('the curve goes on', async () => ((await drawn())?.x.at(-1) ?? 0) > first.x.at(-1)!);
  expectSameCurve(await drawn(), logged(), true);
  expect(isAlive(pid)).toBe(true);
});

test('a killed collector is replaced, and the run continues', async () => {
  const old = collector(workbench.runtime)!.pid;
  const pid = scripts(workbench.folder, runId)[1]!.proc.pid;
  await kill(old, 'SIGKILL');
  await until('another collector answers', () => {
    const now = collector(workbench.runtime);
    return now && now.pid !== old && isAlive(now.pid);
  });
  expect(isAlive(pid)).toBe(true);
  const at = logged().at(-1)!.x;
  await until('the curve goes on', async () => ((await drawn())?.x.at(-1) ?? 0) > at);
  expectSameCurve(await drawn(), logged(), true);
  await workbench.row(', running').waitFor();
});

test('the command palette stops the run, and a reload shows all of it', async () => {
  await workbench.ask('XTrack: Stop Run', 'spirals');
  await workbench.row(', stopped').waitFor();
  await workbench.reload();
  await expectEverything('stopped');
});

test('the run is complete again after its databases were deleted', async () => {
  await kill(collector(workbench.runtime)!.pid, 'SIGKILL');
  rmSync(join(workbench.folder, '.xtrack/catalog.sqlite'), { force: true });
  await workbench.reload();
  await expectEverything('stopped');

  await kill(collector(workbench.runtime)!.pid, 'SIGTERM');
  rmSync(join(workbench.folder, '.xtrack/catalog.sqlite'));
  rmSync(join(workbench.folder, '.xtrack/runs', runId, 'run.sqlite'));
  await workbench.reload();
  await expectEverything('stopped');
  await workbench.screenshots('everythingAgain');
});
