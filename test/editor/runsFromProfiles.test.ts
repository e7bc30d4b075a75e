/** Launch profiles, tasks, running again and forking, as commands and settings do them. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Shown } from '../../src/composition';
import type { XTrackApi } from '../../src/extension';
import type { Launched, RunDetail, RunRow } from '../../src/protocol/rows';
import { closingQuestions } from './closingQuestions';

const folder = (): string => vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail('no folder is open');
let api: Shown;

const detail = (run_id: string): Promise<RunDetail> => api.collectors.callRun(run_id, 'runs.get', { run_id });

async function ended(run_id: string, seconds = 120): Promise<RunDetail> {
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline;) {
    const run = await detail(run_id);
    if (!['queued', 'running', 'lost'].includes(run.status) && run.attempts.at(-1)?.exit) return run;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return assert.fail(`${run_id} did not end within ${seconds} s`);
}

async function run(command: string, ...args: unknown[]): Promise<string> {
  const launched = await vscode.commands.executeCommand<Launched | undefined>(command, ...args);
  return launched?.run_id ?? assert.fail(`${command} launched nothing; see the message`);
}

async function newest(filter: string): Promise<RunRow | undefined> {
  const request = { filter, sort: [{ by: 'created', desc: true }] };
  return (await api.collectors.list(api.collectors.clients[0]!, request)).rows[0];
}

/** Runs the task of that name, which may take a moment to be known, and waits for its end. */
async function exitOf(name: string): Promise<number | undefined> {
  let task: vscode.Task | undefined;
  for (const deadline = Date.now() + 120_000; !task && Date.now() < deadline;)
    task = (await vscode.tasks.fetchTasks({ type: 'xtrack' })).find((one) => one.name === name);
  const of = task ?? assert.fail(`there is no task ${name}`);
  const over = new Promise<number | undefined>((resolve) => {
    const listening = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
      if (execution.task.name !== name) return;
      listening.dispose();
      resolve(exitCode);
    });
  });
  await vscode.tasks.executeTask(of);
  return over;
}

const SCRIPT = `
import os, sys, xtrack
with xtrack.start_run() as run:
    run.log_params({"lr": sys.argv[1], "gpus": os.environ.get("CUDA_VISIBLE_DEVICES"), "from": os.environ.get("XTRACK_RESUME_CHECKPOINT")})
    open("profile.ckpt", "w").write("1")
    run.log_checkpoint("profile.ckpt", 1)
    print("it prints")
`;

describe('launch profiles', () => {
  before(async () => {
    const extension = vscode.extensions.getExtension<XTrackApi>('xtrack.xtrack');
    const { ready } = (await extension?.activate()) ?? assert.fail('the extension is not there');
    api = await ready();
    await fs.writeFile(join(folder(), 'profiled.py'), SCRIPT);
    const profiles = [
      { name: 'small', script: 'profiled.py', args: '0.1', gpus: [1], experiment: 'profiled', tags: { size: 'small' } },
      { name: 'broken', script: 'profiled.py', gpus: {} },
      { name: 'gone', script: 'profiled.py', interpreter: '/nowhere/python' },
    ];
    await vscode.workspace
      .getConfiguration('xtrack')
      .update('launchProfiles', profiles, vscode.ConfigurationTarget.Workspace);
  });
  after(() =>
    vscode.workspace
      .getConfiguration('xtrack')
      .update('launchProfiles', undefined, vscode.ConfigurationTarget.Workspace),
  );

  it('launch the script with their settings', async () => {
    const done = await ended(await run('xtrack.launch', 'small'));
    assert.equal(done.status, 'completed');
    assert.deepEqual(done.params, { lr: '0.1', gpus: '1', from: null });
    assert.deepEqual([done.experiment, done.tags['size']], ['profiled', 'small']);
  });

  it('can be run again and forked as new runs', async () => {
    const first = await run('xtrack.launch', 'small');
    await ended(first);
    // While its checkpoint is as it was logged: each run of this script writes it anew.
    const fork = await ended(await run('xtrack.fork', first, (await detail(first)).checkpoints[0]!.id));
    assert.equal(fork.parent, first);
    assert.equal(fork.params['from'], join(folder(), 'profile.ckpt'));
    const again = await ended(await run('xtrack.runAgain', first));
    assert.deepEqual([again.params['lr'], again.params['gpus'], again.parent], ['0.1', '1', null]);
    assert.notEqual(again.run_id, first);
  });

  it('are offered as tasks beside those of tasks.json, with the exit code of the run', async () => {
    await fs.writeFile(join(folder(), 'own.py'), 'import sys, time; print("prints"); sys.exit(int(sys.argv[1]))');
    await fs.mkdir(join(folder(), '.vscode'), { recursive: true });
    const own = {
      type: 'xtrack',
      label: 'own',
      script: 'own.py',
      args: ['7'],
      experiment: 'tasks',
      tags: { by: 'task' },
    };
    const broken = { type: 'xtrack', label: 'in pieces', script: 'own.py', gpus: {} };
    await fs.writeFile(
      join(folder(), '.vscode/tasks.json'),
      JSON.stringify({ version: '2.0.0', tasks: [own, broken] }),
    );
    try {
      assert.equal(await exitOf('small'), 0);
      assert.equal((await newest('experiment = profiled'))?.status, 'completed');
      assert.equal(await exitOf('own'), 7);
      const failed = await newest('experiment = tasks');
      assert.deepEqual([failed?.status, failed?.tags['by']], ['failed', 'task']);
      const before = (await api.collectors.list(api.collectors.clients[0]!, {})).total;
      assert.equal(await exitOf('in pieces'), 1);
      assert.equal((await api.collectors.list(api.collectors.clients[0]!, {})).total, before);
    } finally {
      await fs.rm(join(folder(), '.vscode/tasks.json'));
    }
  });

  for (const [name, words] of [
    ['broken', 'its "gpus"'],
    ['nowhere', 'no launch profile'],
    ['gone', 'not found'],
  ] as const)
    it(`launch nothing for the profile “${name}”`, async () => {
      const before = (await api.collectors.list(api.collectors.clients[0]!, {})).total;
      assert.equal(await closingQuestions(vscode.commands.executeCommand('xtrack.launch', name)), undefined, words);
      assert.equal((await api.collectors.list(api.collectors.clients[0]!, {})).total, before);
    });
});
