import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Shown } from '../../src/composition';
import type { XTrackApi } from '../../src/extension';
import type { LaunchRequest } from '../../src/protocol/api';
import type { Launched, RunDetail, StopResult } from '../../src/protocol/rows';
import { closingQuestions } from './closingQuestions';

const folder = (): string => vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail('no folder is open');
let api: Shown;

/** Writes a script into the workspace and tells where. */
async function script(name: string, text: string): Promise<string> {
  const path = join(folder(), name);
  await fs.writeFile(path, text);
  return path;
}

async function eventually<T>(what: string, look: () => Promise<T | undefined | false>, seconds = 120): Promise<T> {
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline;) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return assert.fail(`${what}: not within ${seconds} s`);
}

function launch(request: Partial<LaunchRequest>): Thenable<Launched | undefined> {
  return vscode.commands.executeCommand('xtrack.launch', request);
}

function detail(run_id: string): Promise<RunDetail> {
  return api.collectors.callRun(run_id, 'runs.get', { run_id });
}

async function launched(request: Partial<LaunchRequest>): Promise<string> {
  return (await launch(request))?.run_id ?? assert.fail('it was not launched; see the message');
}

function whenStatus(run_id: string, status: RunDetail['status']): Promise<RunDetail> {
  return eventually(`${run_id} is ${status}`, async () => {
    const run = await detail(run_id);
    return run.status === status && run;
  });
}

/** The item that the tree shows for a run, wherever it is. */
async function treeItem(run_id: string): Promise<vscode.TreeItem | undefined> {
  const roots = await api.tree.getChildren();
  const below = await Promise.all(
    roots.map(async (node) => (node.kind === 'experiment' ? api.tree.getChildren(node) : [node])),
  );
  const node = below.flat().find((each) => each.kind === 'run' && each.run_id === run_id);
  return node && api.tree.getTreeItem(node);
}

function iconOf(item: vscode.TreeItem): string {
  return item.iconPath instanceof vscode.ThemeIcon ? item.iconPath.id : assert.fail('no theme icon');
}

const STEPS = `
import os, sys, time, xtrack
steps = int(sys.argv[1])
with xtrack.start_run(name="steps") as run:
    run.log_params({"lr": 0.01})
    for step in range(steps):
        run.log_metric("loss", 1.0 / (step + 1), step=step)
        run.set_status("training", progress=(step + 1, steps))
        print("step", step)
    while not os.path.exists(sys.argv[2]):
        time.sleep(0.05)
`;
const RESUMING = `
import os, time, xtrack
start = 0
if os.environ.get("XTRACK_RESUME_CHECKPOINT"):
    start = int(open(os.environ["XTRACK_RESUME_CHECKPOINT"]).read())
with xtrack.start_run(name="resuming") as run:
    for step in range(start, 1000 if start == 0 else start + 5):
        run.log_metric("loss", float(step), step=step)
        if step % 5 == 0:
            with open("resuming.ckpt", "w") as f:
                f.write(str(step))
            run.log_checkpoint(os.path.abspath("resuming.ckpt"), step=step, metrics={"loss": step})
        time.sleep(0.05)
`;
const TELLING = `import sys, xtrack
with xtrack.start_run(name="telling") as run:
    run.log_params({"prefix": sys.prefix})
`;
const FAILING = `import xtrack
with xtrack.start_run(name="failing") as run:
    run.log_metric("loss", 1.0)
    raise ValueError("the loss is nothing")
`;

describe('XTrack in the extension host', () => {
  before(async () => {
    const extension = vscode.extensions.getExtension<XTrackApi>('xtrack.xtrack');
    const { ready } = (await extension?.activate()) ?? assert.fail('the extension is not there');
    api = await ready();
    await vscode.workspace.getConfiguration('xtrack').update('openChartsOnLaunch', false, true);
  });

  it('registers every command that it contributes', async () => {
    const registered = new Set(await vscode.commands.getCommands(true));
    const { packageJSON } = vscode.extensions.getExtension('xtrack.xtrack')!;
    const contributed: string[] = packageJSON.contributes.commands.map(({ command }: { command: string }) => command);
    assert.deepEqual(
      contributed.filter((id) => !registered.has(id)),
      [],
    );
  });

  it('creates nothing in a folder that is only opened', async () => {
    await new Promise((resolve) => setTimeout(resolve, 2500));
    assert.equal(existsSync(join(folder(), '.xtrack')), false);
    assert.equal(api.collectors.state, 'idle');
  });

  it('launches with the interpreter selected in the Python extension', async () => {
    const python = vscode.extensions.getExtension<{ choose(path: string): void }>('ms-python.python');
    const { choose } = (await python?.activate()) ?? assert.fail('its stand-in is not there');
    const environment = join(folder(), 'chosen');
    execFileSync('python3', ['-m', 'venv', '--without-pip', environment]);
    const path = await script('telling.py', TELLING);
    choose(join(environment, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python'));
    try {
      const run = await whenStatus(await launched({ target: { script: path } }), 'completed');
      assert.equal(run.params['prefix'], environment);
    } finally {
      choose('python3');
    }
    const run = await whenStatus(await launched({ target: { script: path } }), 'completed');
    assert.notEqual(run.params['prefix'], environment);
  });

  it('reads metrics from the output of a script without the client, also by patterns of the setting', async () => {
    const path = await script(
      'untouched.py',
      "for epoch in (1, 2): print('epoch %d/2 val_acc: 0.%d' % (epoch, epoch)); print('<' + str(epoch) + '>')\n",
    );
    const settings = vscode.workspace.getConfiguration('xtrack');
    await settings.update('outputPatterns', ['<(?P<mine>\\d+)>'], vscode.ConfigurationTarget.Workspace);
    try {
      const run = await whenStatus(await launched({ target: { script: path } }), 'completed');
      assert.deepEqual([run.metrics['val_acc']?.last, run.metrics['val_acc']?.last_x], [0.2, 2]);
      assert.equal(run.metrics['mine']?.last, 2);
      assert.deepEqual(run.progress, { cur: 2, total: 2, unit: 'epochs' });
    } finally {
      await settings.update('outputPatterns', undefined, vscode.ConfigurationTarget.Workspace);
    }
  });

  it('shows a launched script in the tree until it has completed', async () => {
    const path = await script('steps.py', STEPS);
    const seen = join(folder(), 'seen');
    const run_id = await launched({ target: { script: path }, args: ['30', seen] });
    await eventually('a running item with progress', async () => {
      const item = await treeItem(run_id);
      return item && iconOf(item) === 'sync~spin' && /loss .*%/.test(String(item.description));
    });
    await eventually('one active run', async () => api.feed.active.length === 1 && api.tree.view.badge?.value === 1);
    await fs.writeFile(seen, '');
    const run = await whenStatus(run_id, 'completed');
    assert.equal(run.metrics['loss']?.count, 30);
    assert.equal(run.params['lr'], 0.01);
    const item = await eventually('a completed item', async () => {
      const found = await treeItem(run_id);
      // The script's process may outlive its run by a moment.
      const isOver = found?.contextValue?.startsWith('run.ended.completed');
      return found && iconOf(found) === 'check' && isOver && found;
    });
    assert.equal(item.label, 'steps');
    assert.match(String(item.description), /0\.03333 loss/);
    await eventually('no badge', async () => api.tree.view.badge === undefined);
  });

  it('shows a run’s console in a terminal', async () => {
    const path = await script('speaks.py', 'print("hello from the script")\n');
    const run_id = await launched({ target: { script: path } });
    await whenStatus(run_id, 'completed');
    const chunk = await api.collectors.callRun(run_id, 'runs.output', { run_id, offset: 0 });
    assert.match(Buffer.from(chunk.data, 'base64').toString(), /hello from the script/);
    const { name } = await detail(run_id);
    await eventually('its terminal', async () => vscode.window.terminals.some((terminal) => terminal.name === name));
  });

  it('saves the current file, then runs it', async () => {
    const path = await script('current.py', 'raise SystemExit(7)\n');
    const editor = await vscode.window.showTextDocument(vscode.Uri.file(path));
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), 'print("saved")\nraise SystemExit(0)\n'));
    const result = await vscode.commands.executeCommand<Launched>('xtrack.launchCurrentFile');
    assert.match(await fs.readFile(path, 'utf8'), /^print/);
    await whenStatus(result.run_id, 'completed');
  });

  it('shows why and where a run failed', async () => {
    const path = await script('failing.py', FAILING);
    const run_id = await launched({ target: { script: path } });
    const run = await whenStatus(run_id, 'failed');
    assert.deepEqual(run.error_at && { file: run.error_at.file, line: run.error_at.line }, { file: path, line: 4 });
    const item = await eventually('a failed item', async () => {
      const found = await treeItem(run_id);
      return found && iconOf(found) === 'error' && found;
    });
    assert.match(String(item.description), /ValueError: the loss is nothing.*failing\.py:4/);
    await vscode.commands.executeCommand('xtrack.openFailure', run_id);
    assert.equal(vscode.window.activeTextEditor?.document.uri.fsPath, path);
    assert.equal(vscode.window.activeTextEditor?.selection.active.line, 3);
  });

  it('fails the run of a script with a syntax error', async () => {
    const path = await script('syntax.py', 'def broken(:\n');
    const run = await whenStatus(await launched({ target: { script: path } }), 'failed');
    assert.match(run.error ?? '', /SyntaxError|exit code 1/);
  });

  it('stops a run, resumes it from its last checkpoint, and keeps one history', async () => {
    const path = await script('resuming.py', RESUMING);
    const run_id = await launched({ target: { script: path } });
    await eventually('two checkpoints', async () => (await detail(run_id)).checkpoints.length >= 2);
    const stop = await vscode.commands.executeCommand<StopResult>('xtrack.stop', run_id);
    assert.ok(['command', 'int'].includes(stop.stage), stop.stage);
    const stopped = await whenStatus(run_id, 'killed');
    const resumed = await vscode.commands.executeCommand<Launched>('xtrack.resume', run_id);
    assert.deepEqual([resumed.run_id, resumed.attempt], [run_id, 2]);
    const ended = await whenStatus(run_id, 'completed');
    assert.equal(ended.attempts.length, 2);
    const last = stopped.checkpoints.at(-1)?.step ?? assert.fail('no checkpoint');
    assert.equal(ended.metrics['loss']?.last_x, last + 4);
    const { series } = await api.collectors.callRun(run_id, 'runs.series', {
      run_id,
      keys: ['loss'],
      x: 'step',
      points: 5000,
    });
    assert.deepEqual(
      series[0]?.x,
      Array.from({ length: last + 5 }, (_, step) => step),
    );
  });

  it('shows attempts and checkpoints below a run', async () => {
    const rows = (await api.tree.getChildren()).filter((node) => node.kind === 'run');
    const names = await Promise.all(rows.map(async (node) => [node, (await detail(node.run_id)).name] as const));
    const node = names.find(([, name]) => name === 'resuming')?.[0] ?? assert.fail('not in the tree');
    const parts = await api.tree.getChildren(node);
    assert.deepEqual(
      parts.map((part) => part.kind),
      ['attempt', 'attempt', 'checkpoints'],
    );
    const checkpoints = await api.tree.getChildren(parts[2]);
    assert.ok(checkpoints.length >= 2);
    assert.equal(api.tree.getTreeItem(checkpoints[0] ?? assert.fail()).contextValue, 'checkpoint');
  });

  it('filters runs, and rejects an invalid query', async () => {
    await vscode.commands.executeCommand('xtrack.filterRuns', 'status = failed');
    const shown = await api.tree.getChildren();
    assert.ok(shown.length > 0);
    for (const node of shown) if (node.kind === 'run') assert.equal((await detail(node.run_id)).status, 'failed');
    await assert.rejects(api.tree.setFilter('status ='), { name: 'ApiError' });
    assert.equal(api.tree.filter, 'status = failed');
    await vscode.commands.executeCommand('xtrack.clearFilter');
    assert.ok((await api.tree.getChildren()).length > shown.length);
  });

  it('renames and stars a run, and restores it from the trash', async () => {
    const path = await script('edited.py', 'print(1)\n');
    const run_id = await launched({ target: { script: path } });
    await whenStatus(run_id, 'completed');
    await vscode.commands.executeCommand('xtrack.rename', run_id, 'a <b>new</b> name');
    await vscode.commands.executeCommand('xtrack.star', run_id);
    await eventually('the new name with a star', async () => {
      const item = await treeItem(run_id);
      return item?.label === 'a <b>new</b> name' && String(item.description).startsWith('★');
    });
    await vscode.commands.executeCommand('xtrack.delete', run_id);
    await eventually('gone from the tree', async () => (await treeItem(run_id)) === undefined);
    await vscode.commands.executeCommand('xtrack.restoreDeleted', run_id);
    await eventually('back in the tree', async () => (await treeItem(run_id)) !== undefined);
  });

  it('saves notes that are edited like a file', async () => {
    const path = await script('noted.py', 'print(1)\n');
    const run_id = await launched({ target: { script: path } });
    await whenStatus(run_id, 'completed');
    await vscode.commands.executeCommand('xtrack.editNotes', run_id);
    const editor = vscode.window.activeTextEditor ?? assert.fail('no editor');
    assert.equal(editor.document.uri.scheme, 'xtrack-notes');
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), 'too *hot*'));
    // The editor may be saving by itself at this moment, and then says no to a second time.
    await editor.document.save();
    await eventually('the notes in the run', async () => (await detail(run_id)).notes === 'too *hot*');
  });

  it('exports a run to a file', async () => {
    const { rows } = await api.collectors.list(api.collectors.clients[0] ?? assert.fail(), {
      filter: 'name = "steps"',
    });
    const run_id = rows[0]?.run_id ?? assert.fail('the run is gone');
    const target = vscode.Uri.file(join(folder(), 'export.csv'));
    await vscode.commands.executeCommand('xtrack.exportRun', run_id, target);
    const lines = (await fs.readFile(target.fsPath, 'utf8')).trim().split('\n');
    assert.equal(lines.filter((line) => line.includes('loss')).length >= 1 || lines.length >= 30, true);
  });

  it('shows the same runs after its collector was killed', async () => {
    const before = (await api.tree.getChildren()).length;
    const client = api.collectors.clients[0] ?? assert.fail('no collector');
    const pid = client.info?.pid ?? assert.fail('not connected');
    process.kill(pid, 'SIGKILL');
    await eventually('another collector', async () => client.state === 'connected' && client.info?.pid !== pid);
    await eventually('the same runs', async () => (await api.tree.getChildren()).length === before);
  });

  it('makes the client importable in terminals', async () => {
    const extension = vscode.extensions.getExtension('xtrack.xtrack');
    const path = await script('imports.py', 'import xtrack\nxtrack.start_run(name="terminal").end()\n');
    assert.ok(extension);
    const terminal = vscode.window.createTerminal({ name: 'test', cwd: folder() });
    terminal.sendText(`python3 ${path}`);
    const client = api.collectors.clients[0] ?? assert.fail();
    await eventually('the run from the terminal', async () => {
      const { total } = await api.collectors.list(client, { filter: 'name = "terminal" and status = completed' });
      return total === 1;
    });
    terminal.dispose();
  });

  describe('bad input', () => {
    /** Failures are messages: the command gives nothing, and no run is left behind. */
    async function refused(run: () => Thenable<unknown>): Promise<void> {
      assert.equal(await closingQuestions(run()), undefined);
      await api.feed.refresh();
      assert.deepEqual(api.feed.active, []);
    }

    it('launches no missing script', () => refused(() => launch({ target: { script: join(folder(), 'nowhere.py') } })));

    it('launches nothing with an interpreter that does not start', async () => {
      const path = await script('fine.py', 'print(1)\n');
      await refused(() => launch({ target: { script: path }, interpreter: '/nowhere/python3' }));
    });

    it('launches no file that is not a Python script', async () => {
      const path = await script('notes.txt', 'no script');
      await refused(() => vscode.commands.executeCommand('xtrack.launchCurrentFile', vscode.Uri.file(path)));
    });

    it('launches no untitled document', async () => {
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: 'python' }));
      await refused(() => vscode.commands.executeCommand('xtrack.launchCurrentFile'));
      await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
    });

    it('stops no unknown run', () => refused(() => vscode.commands.executeCommand('xtrack.stop', 'no-such-run')));
  });
});
