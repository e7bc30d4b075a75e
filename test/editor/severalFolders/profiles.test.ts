/** Launch profiles in a window with several folders: whose a profile is, and where its paths start. */
import * as assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Shown } from '../../../src/composition';
import type { XTrackApi } from '../../../src/extension';
import type { Launched, RunDetail } from '../../../src/protocol/rows';

describe('launch profiles of several folders', () => {
  let api: Shown;

  before(async () => {
    const { ready } =
      (await vscode.extensions.getExtension<XTrackApi>('xtrack.xtrack')?.activate()) ??
      assert.fail('the extension is not there');
    api = await ready();
  });

  const folders = (): readonly vscode.WorkspaceFolder[] => vscode.workspace.workspaceFolders ?? [];
  const pathOf = (name: string): string =>
    folders().find((folder) => folder.name === name)?.uri.fsPath ?? assert.fail(`no folder ${name}`);

  async function ended(run_id: string): Promise<RunDetail> {
    for (const deadline = Date.now() + 120_000; Date.now() < deadline;) {
      const run = await api.collectors.callRun(run_id, 'runs.get', { run_id });
      if (run.attempts.at(-1)?.exit) return run;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return assert.fail(`${run_id} did not end`);
  }

  async function launched(name: string): Promise<RunDetail> {
    const run = await vscode.commands.executeCommand<Launched | undefined>('xtrack.launch', name);
    return ended(run?.run_id ?? assert.fail(`${name} was not launched; see the message`));
  }

  /** The run of the folder that came last. */
  async function runsIn(name: string): Promise<string[]> {
    return fs.readdir(join(pathOf(name), '.xtrack/runs')).catch(() => []);
  }

  it('are offered once each, and those of the window for folders without their own', async () => {
    assert.deepEqual(
      folders().map(({ name }) => name),
      ['speech', 'vision', 'plain'],
    );
    const tasks = await vscode.tasks.fetchTasks({ type: 'xtrack' });
    assert.deepEqual(tasks.map(({ name, scope }) => `${name} in ${(scope as vscode.WorkspaceFolder).name}`).sort(), [
      'elsewhere in vision',
      'only here in vision',
      'shared in plain',
      'train in speech',
      'train in vision',
    ]);
  });

  it('of the same name run with the settings of their own folder, and store their runs there', async () => {
    const tasks = await vscode.tasks.fetchTasks({ type: 'xtrack' });
    for (const [name, expected] of [
      ['speech', { cwd: join(pathOf('speech'), 'work'), args: join(pathOf('speech'), 'data'), data: null }],
      ['vision', { cwd: pathOf('vision'), args: '', data: pathOf('vision') }],
    ] as const) {
      const task = tasks.find((each) => each.name === 'train' && (each.scope as vscode.WorkspaceFolder).name === name);
      const over = new Promise<number | undefined>((resolve) => {
        const listening = vscode.tasks.onDidEndTaskProcess(({ execution, exitCode }) => {
          if (execution.task.name !== 'train') return;
          listening.dispose();
          resolve(exitCode);
        });
      });
      await vscode.tasks.executeTask(task ?? assert.fail(`no task of ${name}`));
      assert.equal(await over, 0);
      const [run_id = assert.fail(`no run in ${name}`), ...more] = await runsIn(name);
      assert.deepEqual(more, []);
      const { params } = await ended(run_id);
      assert.deepEqual(params, { script: join(pathOf(name), 'src/train.py'), ...expected });
    }
  });

  it('are found by name in every folder, in order', async () => {
    assert.equal((await launched('train')).params['cwd'], join(pathOf('speech'), 'work'));
    const { params } = await launched('only here');
    assert.deepEqual(
      [params['cwd'], params['script']],
      [pathOf('vision'), pathOf('vision')].map((path, at) => join(path, ['src', 'src/train.py'][at]!)),
    );
    const shared = await launched('shared');
    assert.deepEqual([shared.params['cwd'], shared.params['args']], [pathOf('plain'), 'of the window']);
    assert.deepEqual(await runsIn('plain'), [shared.run_id]);
  });

  it('run in their own folder when the script is in another', async () => {
    const { params } = await launched('elsewhere');
    assert.deepEqual([params['cwd'], params['script']], [pathOf('vision'), join(pathOf('speech'), 'src/train.py')]);
  });
});
