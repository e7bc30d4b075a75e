/** What people are asked when what they start cannot start as it was, and what their answers do: on real runs. */
import { appendFileSync, rmSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Collectors } from '../../../src/editor/collectors/collectors';
import { ResumeRun } from '../../../src/editor/control/resumeRun';
import { Launcher } from '../../../src/editor/launch/launcher';
import type { LaunchProfile } from '../../../src/editor/launch/launchProfile';
import { buildCollector, cleanUp } from './harness';
import { Launches } from './launches';
import { answers, asked, log, settings, windowOn } from './window';

vi.mock('vscode', () => import('./window'));

/** Logs checkpoints at its steps 1, 2 and 3, from the step on that it is resumed at. */
const SAVES = `
import os, sys, xtrack
path = os.environ.get("XTRACK_RESUME_CHECKPOINT")
first = int(open(path).read()) if path else 0
with xtrack.start_run("saves") as run:
    run.log_param("python", sys.executable)
    for step in range(first + 1, first + 4):
        run.log_metric("loss", 1 / step, step=step)
        open("%d.ckpt" % step, "w").write(str(step))
        run.log_checkpoint("%d.ckpt" % step, step, is_best=step == 2)
`;

let bundle: string;
let launches: Launches;
let collectors: Collectors;

beforeAll(async () => {
  bundle = await buildCollector();
  launches = await Launches.begin(bundle);
});
beforeEach(() => {
  collectors = windowOn(launches);
});
afterAll(cleanUp);

const memory = { get: () => undefined, update: () => Promise.resolve() } as never;
const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)']).toString().trim();

describe('a launch from a profile whose interpreter is gone', () => {
  const launch = (more: Partial<LaunchProfile>) => {
    launches.write('saves.py', SAVES);
    settings['launchProfiles'] = [{ name: 'gone', script: 'saves.py', interpreter: '/nowhere/python', ...more }];
    return new Launcher(collectors, memory, log, () => Promise.resolve(true)).launch('gone');
  };
  const runs = async (): Promise<number> => (await launches.collector.call('runs.list', {})).total;

  it('names it, and goes on with the one that is chosen now', async () => {
    settings['interpreter'] = python;
    answers.push('Use');
    const launched = await launch({});
    expect(asked).toEqual([
      { text: expect.stringContaining('/nowhere/python was not found'), choices: [`Use ${python}`, 'Choose Another…'] },
    ]);
    const done = await launches.becomes(launched!.run_id, 'completed');
    expect(done.params['python']).toBe(python);
  }, 40_000);

  it('or with another one, however often what is chosen is none', async () => {
    settings['interpreter'] = '/nowhere/python';
    answers.push('Choose Another…', '/bin/false', 'Choose Another…', python);
    const launched = await launch({});
    expect(asked.map(({ text }) => text)).toEqual([
      expect.stringContaining('/nowhere/python was not found'),
      'Which Python?',
      expect.stringContaining('/bin/false does not start'),
      'Which Python?',
    ]);
    expect((await launches.becomes(launched!.run_id, 'completed')).params['python']).toBe(python);
  }, 40_000);

  it('launches nothing when that is not wanted', async () => {
    const before = await runs();
    expect(await launch({})).toBeUndefined();
    expect(await runs()).toBe(before);
  });
});

describe('a resume', () => {
  let run_id: string;
  let resume: ResumeRun;
  const path = (step: number): string => launches.path(`${step}.ckpt`);

  beforeEach(async () => {
    run_id = await launches.launch(SAVES);
    await launches.exits(run_id);
    resume = new ResumeRun(collectors, log);
  });

  async function goesOnFrom(step: number, attempt = 2): Promise<void> {
    const done = await launches.exits(run_id, attempt);
    expect(done.attempts.at(-1)).toMatchObject({ n: attempt, from_checkpoint: path(step), exit: { code: 0 } });
  }

  it('from a chosen checkpoint goes on there', async () => {
    answers.push('2.ckpt');
    await resume.fromPicked(run_id);
    expect(asked[0]?.choices).toEqual([
      expect.stringContaining('$(save) 3.ckpt step 3'),
      expect.stringContaining('$(star-full) 2.ckpt step 2'),
      expect.stringContaining('$(save) 1.ckpt step 1'),
      expect.stringContaining('The beginning'),
    ]);
    await goesOnFrom(2);
    const { series } = await launches.collector.call('runs.series', { run_id, keys: ['loss'], x: 'step', points: 100 });
    expect(series[0]?.x).toEqual([1, 2, 3, 4, 5]);
  }, 60_000);

  it('from one that was changed is asked about: as it is, or not at all', async () => {
    appendFileSync(path(3), '0');
    expect(await resume.fromLast(run_id)).toBeUndefined();
    expect(asked).toEqual([
      { text: expect.stringContaining('was changed after it was logged'), choices: ['Use It As It Is'] },
    ]);
    expect((await launches.get(run_id)).attempt).toBe(1);
    answers.push('Use It As It Is');
    await resume.fromLast(run_id);
    await goesOnFrom(3);
    expect((await launches.get(run_id)).metrics['loss']?.last_x).toBe(33);
  }, 60_000);

  it('from one that is gone is asked for another, which says so in its list', async () => {
    rmSync(path(3));
    // It is looked at every few seconds.
    await launches.until(run_id, ({ checkpoints }) => checkpoints.at(-1)?.exists === false);
    answers.push('Choose Another…', '1.ckpt');
    await resume.fromLast(run_id);
    expect(asked[0]).toEqual({
      text: expect.stringContaining(`${path(3)} is not there any more`),
      choices: ['Choose Another…'],
    });
    expect(asked[1]?.choices[0]).toContain('file is gone');
    await goesOnFrom(1);
  }, 60_000);
});
