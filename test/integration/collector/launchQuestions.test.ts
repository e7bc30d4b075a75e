/** The questions that a launch or a resume asks when its interpreter or checkpoint is missing, answered for real runs. */
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

  it('names the missing interpreter, and launches with the selected one on request', async () => {
    settings['interpreter'] = python;
    answers.push('Use');
    const launched = await launch({});
    expect(asked).toEqual([
      { text: expect.stringContaining('/nowhere/python was not found'), choices: [`Use ${python}`, 'Choose Another…'] },
    ]);
    const done = await launches.becomes(launched!.run_id, 'completed');
    expect(done.params['python']).toBe(python);
  });

  it('asks again until the chosen file is an interpreter', async () => {
    settings['interpreter'] = '/nowhere/python';
    answers.push('Choose Another…', '/bin/false', 'Choose Another…', python);
    const launched = await launch({});
    expect(asked.map(({ text }) => text)).toEqual([
      expect.stringContaining('/nowhere/python was not found'),
      'Select a Python Interpreter',
      expect.stringContaining('/bin/false does not start'),
      'Select a Python Interpreter',
    ]);
    expect((await launches.becomes(launched!.run_id, 'completed')).params['python']).toBe(python);
  });

  it('launches nothing when the question is cancelled', async () => {
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

  it('continues from the chosen checkpoint', async () => {
    answers.push('2.ckpt');
    await resume.fromPicked(run_id);
    expect(asked[0]?.choices).toEqual([
      expect.stringContaining('$(save) 3.ckpt step 3'),
      expect.stringContaining('$(star-full) 2.ckpt step 2'),
      expect.stringContaining('$(save) 1.ckpt step 1'),
      expect.stringContaining('Beginning'),
    ]);
    await goesOnFrom(2);
    const { series } = await launches.collector.call('runs.series', { run_id, keys: ['loss'], x: 'step', points: 100 });
    expect(series[0]?.x).toEqual([1, 2, 3, 4, 5]);
  });

  it('asks before it uses a changed checkpoint', async () => {
    appendFileSync(path(3), '0');
    expect(await resume.fromLast(run_id)).toBeUndefined();
    expect(asked).toEqual([
      { text: expect.stringContaining('was changed after it was logged'), choices: ['Use Anyway'] },
    ]);
    expect((await launches.get(run_id)).attempt).toBe(1);
    answers.push('Use Anyway');
    await resume.fromLast(run_id);
    await goesOnFrom(3);
    expect((await launches.get(run_id)).metrics['loss']?.last_x).toBe(33);
  });

  it('offers other checkpoints when the chosen one is missing, and marks missing ones in the list', async () => {
    rmSync(path(3));
    // It is looked at every few seconds.
    await launches.until(run_id, ({ checkpoints }) => checkpoints.at(-1)?.exists === false);
    answers.push('Choose Another…', '1.ckpt');
    await resume.fromLast(run_id);
    expect(asked[0]).toEqual({
      text: expect.stringContaining(`${path(3)} no longer exists`),
      choices: ['Choose Another…'],
    });
    expect(asked[1]?.choices[0]).toContain('file not found');
    await goesOnFrom(1);
  });
});
