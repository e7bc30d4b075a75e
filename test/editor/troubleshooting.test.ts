/** The doctor, and the client in interpreters that scripts run with elsewhere, as the commands do them. */
import * as assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Shown } from '../../src/composition';
import type { XTrackApi } from '../../src/extension';
import type { Launched } from '../../src/protocol/rows';

const folder = (): string => vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail('no folder is open');
const missing = join(tmpdir(), 'no-such-python');
let api: Shown;

async function eventually<T>(what: string, look: () => T | undefined | false | Promise<T | undefined | false>) {
  for (const deadline = Date.now() + 120_000; Date.now() < deadline;) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return assert.fail(`${what}: not within 120 s`);
}

describe('the doctor', () => {
  before(async () => {
    const extension = vscode.extensions.getExtension<XTrackApi>('xtrack.xtrack');
    const { ready } = (await extension?.activate()) ?? assert.fail('the extension is not there');
    api = await ready();
  });
  const doctor = async (): Promise<string> =>
    (await vscode.commands.executeCommand<string | undefined>('xtrack.doctor')) ?? assert.fail('it shows nothing');
  const shown = (): vscode.TextDocument =>
    vscode.window.activeTextEditor?.document ?? assert.fail('no document is shown');

  /** What is offered at the finding with this text. */
  async function buttonAt(text: string): Promise<vscode.Command> {
    const document = shown();
    const line = document
      .getText()
      .split('\n')
      .findIndex((each) => each.includes(text));
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      document.uri,
    );
    const at = lenses.find(({ range }) => range.start.line === line);
    return at?.command ?? assert.fail(`nothing is offered at line ${line} of\n${document.getText()}`);
  }

  it('names a missing interpreter and links its setting', async () => {
    const settings = vscode.workspace.getConfiguration('xtrack');
    await settings.update('interpreter', missing, vscode.ConfigurationTarget.Workspace);
    try {
      const report = await doctor();
      assert.match(report, /^(1 problem|\d+ problems)\b/m);
      assert.ok(report.includes(`✗ Python does not start: ${missing}`), report);
      assert.match(report.replaceAll(/\s+/g, ' '), /was not found.*It comes from the setting xtrack\.interpreter\./);
      assert.equal(shown().uri.scheme, 'xtrack-doctor');
      assert.equal(shown().getText(), report);
      const { title, command, arguments: args } = await buttonAt('Python does not start');
      assert.deepEqual(
        [title, command, args],
        ['Open Setting', 'workbench.action.openSettings', ['xtrack.interpreter']],
      );
    } finally {
      await settings.update('interpreter', undefined, vscode.ConfigurationTarget.Workspace);
    }
  });

  it('finds a damaged journal, and confirms its repair from its button', async () => {
    const script = join(folder(), 'examined.py');
    writeFileSync(script, 'import xtrack\nwith xtrack.start_run() as run:\n    run.log_metric("loss", 1.0)\n');
    const launched = await vscode.commands.executeCommand<Launched>('xtrack.launch', { target: { script } });
    const { run_id } = launched;
    await eventually('it has completed', async () => {
      const { status, attempts } = await api.collectors.callRun(run_id, 'runs.get', { run_id });
      return status === 'completed' && attempts.at(-1)?.exit;
    });
    const run = join(folder(), '.xtrack/runs', run_id);
    const journal = join(run, readdirSync(run).find((name) => name.startsWith('events-')) ?? assert.fail('no journal'));
    const whole = readFileSync(journal);
    const damaged = Buffer.from(whole);
    damaged.write('????', damaged.length - 40);
    writeFileSync(journal, damaged);
    const finding = `⚠ A journal of run ${run_id} is damaged`;
    const report = await doctor();
    assert.ok(report.includes(finding), report);
    // By the client's own doctor, which was asked with the interpreter that scripts run with.
    assert.match(report, /^✓ Scripts run with Python 3\.\d+/m);
    assert.match(report, /^✓ The collector is running/m);
    assert.match(report, /^✓ \d+ runs? (is|are) in .*\.xtrack$/m);
    writeFileSync(journal, whole);
    const again = await buttonAt('XTrack Doctor');
    assert.equal(again.command, 'xtrack.doctor');
    const better = await vscode.commands.executeCommand<string>(again.command);
    assert.ok(!better.includes(finding), better);
    await eventually('the document follows', () => shown().getText() === better);
  });
});

describe('the client', () => {
  let home: string;
  before(() => (home = mkdtempSync(join(tmpdir(), 'xtv-'))));
  after(() => rmSync(home, { recursive: true, force: true }));

  for (const [name, options] of [
    ['with pip', []],
    ['without pip', ['--without-pip']],
  ] as const)
    it(`is installed into an interpreter ${name}`, async () => {
      const environment = join(home, name.replaceAll(' ', '-'));
      const { extensionPath } = vscode.extensions.getExtension('xtrack.xtrack')!;
      execFileSync('python3', [join(extensionPath, 'test/fixtures/environment/make.py'), environment, ...options]);
      const interpreter = join(environment, 'bin/python');
      const there = await vscode.commands.executeCommand<{ version: string; file: string } | undefined>(
        'xtrack.installClient',
        interpreter,
      );
      assert.ok(there?.file.startsWith(environment), JSON.stringify(there));
      const text = execFileSync(interpreter, ['-c', 'import xtrack; print(xtrack.__file__, xtrack.__version__)'], {
        cwd: home,
        env: { ...process.env, PYTHONPATH: '' },
        encoding: 'utf8',
      });
      assert.equal(text.trim(), `${there?.file} ${there?.version}`);
    });

  it('reports a missing interpreter and installs nothing', async () => {
    assert.equal(await vscode.commands.executeCommand('xtrack.installClient', missing), undefined);
    await vscode.commands.executeCommand('xtrack.showLog');
    const logs = (): string[] =>
      vscode.workspace.textDocuments.filter(({ uri }) => uri.scheme === 'output').map((log) => log.getText());
    const message = `The Python interpreter ${missing} was not found. Select another one`;
    await eventually('the log has the message', () => logs().some((log) => log.includes(message)));
  });
});
