/** Whoever is taken away in the middle of a run, it trains on, and nothing is started a second time. */
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectSameCurve } from './curves';
import { loggedCurve, readJournals, runIds } from './journals';
import { collector, isAlive, kill } from './processes';
import { screenshotFailures, until, Workbench } from './workbench';

/** It would be started again if it failed: that has to wait for the end of the training, not of who watches it. */
const PROFILE = {
  name: 'long',
  script: 'long.py',
  recovery: { policy: 'on-failure', maxAttempts: 3, backoffSeconds: 0 },
};
const SCRIPT = `
import os, time, xtrack
open("starts", "a").write("%d\\n" % os.getpid())
with xtrack.start_run(name="long") as run:
    for step in range(100_000):
        run.log_metric("loss", 1 / (step + 1), step=step)
        if step % 20 == 0:
            open("long.ckpt", "w").write(str(step))
            run.log_checkpoint("long.ckpt", step)
        if os.path.exists("finish"): break
        time.sleep(0.05)
`;

let folder: string;
let workbench: Workbench;

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'xtw-')));
  writeFileSync(join(folder, 'long.py'), SCRIPT);
  workbench = await Workbench.open({ folder, settings: { 'xtrack.launchProfiles': [PROFILE] } });
});
screenshotFailures(() => workbench);
afterAll(async () => {
  await workbench?.close();
  rmSync(folder, { recursive: true, force: true });
});

const starts = (): number[] =>
  existsSync(join(folder, 'starts')) ? readFileSync(join(folder, 'starts'), 'utf8').trim().split('\n').map(Number) : [];

test('a window reload, a killed collector and a killed supervisor neither end a training nor start it twice', async () => {
  await workbench.ask('XTrack: Launch Script', 'long');
  const [pid] = await until('it trains', () => starts().length > 0 && starts());
  const [runId] = (await until('its run', () => runIds(folder).length === 1 && runIds(folder))) as [string];
  const last = (): number => loggedCurve(folder, runId, 'loss').at(-1)?.x ?? -1;
  const drawn = async (): Promise<number> => (await workbench.plottedCurve('loss', runId))?.x.at(-1) ?? -1;
  const goesOn = async (what: string): Promise<void> => {
    const before = last();
    await until(`it trains on after ${what}`, () => last() > before + 10);
    await until(`that is drawn after ${what}`, async () => (await drawn()) > before + 5);
    expect([starts(), isAlive(pid!)]).toEqual([[pid], true]);
  };
  await until('its curve', async () => (await drawn()) > 5, 60);

  await workbench.reload();
  await goesOn('the reload');

  await kill(collector(workbench.runtime)!.pid, 'SIGKILL');
  await goesOn('the end of the collector');

  const supervisor = readJournals(folder, runId).find(({ head }) => head.worker.startsWith('sup-'))!;
  await kill(supervisor.head.proc.pid, 'SIGKILL');
  await goesOn('the end of the supervisor');
  await workbench.showRuns();
  await workbench.row('long, running').waitFor();

  await kill(collector(workbench.runtime)!.pid, 'SIGKILL');
  await workbench.reload();
  await goesOn('all of it');

  writeFileSync(join(folder, 'finish'), '');
  await until('its end', () => !isAlive(pid!));
  await until('that is shown', async () =>
    (await workbench.row('long,').getAttribute('aria-label'))?.startsWith('long, completed'),
  );
  expectSameCurve(await workbench.plottedCurve('loss', runId), loggedCurve(folder, runId, 'loss'), true);
  expect([starts(), runIds(folder)]).toEqual([[pid], [runId]]);
});
