/** The built language server as an editor speaks with it: LSP over stdio. */
import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import {
  type CodeLens,
  createProtocolConnection,
  type Diagnostic,
  type ProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from 'vscode-languageserver/node';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { examples } from '../../unit/language/corpus';

const SERVER = resolve(__dirname, '../../../dist/language.js');

let server: ChildProcess;
let connection: ProtocolConnection;
let documents = 0;
let uri = '';

beforeAll(() => start());

async function start(initializationOptions?: object): Promise<void> {
  server = spawn(process.execPath, [SERVER, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
  connection = createProtocolConnection(
    new StreamMessageReader(server.stdout!),
    new StreamMessageWriter(server.stdin!),
  );
  connection.listen();
  const { capabilities } = await connection.sendRequest<{ capabilities: Record<string, unknown> }>('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: {},
    initializationOptions,
  });
  expect(capabilities.codeLensProvider).toBeTruthy();
  await connection.sendNotification('initialized', {});
}

beforeEach(() => {
  uri = `file:///w/train${++documents}.py`;
});

afterAll(() => server.kill());

async function open(text: string, at = uri): Promise<void> {
  await connection.sendNotification('textDocument/didOpen', {
    textDocument: { uri: at, languageId: 'python', version: 1, text },
  });
}

async function lenses(of = uri): Promise<{ line: number; title: string; command: string; arguments: unknown }[]> {
  const found = await connection.sendRequest<CodeLens[]>('textDocument/codeLens', { textDocument: { uri: of } });
  return found.map(({ range, command }) => ({
    line: range.start.line,
    title: command!.title,
    command: command!.command,
    arguments: command!.arguments,
  }));
}

test('both lenses are above the entry point of a script that trains, for that script', async () => {
  await open('import torch\n\nfor epoch in range(3):\n    loss.backward()\n');
  expect(await lenses()).toEqual([
    { line: 2, title: '$(play) Track this script', command: 'xtrack.launchCurrentFile', arguments: [uri] },
    { line: 2, title: '$(debug-alt) Debug with tracking', command: 'xtrack.debugCurrentFile', arguments: [uri] },
  ]);
});

test.each(examples('quiet'))('none in $name', async ({ text }) => {
  await open(text);
  expect(await lenses()).toEqual([]);
});

test('an entry point out of sight has them above the first line, too', async () => {
  const { text, line } = examples('train').find(({ name }) => name === 'torchClassifier.py')!;
  await open(text);
  expect((await lenses()).map((lens) => lens.line)).toEqual([0, 0, line, line]);
});

test('they follow the edits', async () => {
  await open('for epoch in range(3):\n    print(epoch)\n');
  expect(await lenses()).toEqual([]);
  const edit = async (version: number, line: number, character: number, text: string): Promise<void> =>
    connection.sendNotification('textDocument/didChange', {
      textDocument: { uri, version },
      contentChanges: [{ range: { start: { line, character }, end: { line, character } }, text }],
    });
  await edit(2, 2, 0, '    loss = 1 / (epoch + 1)\n');
  expect((await lenses())[0]?.line).toBe(0);
  await edit(3, 0, 0, '# a comment\n\n');
  expect((await lenses())[0]?.line).toBe(2);
  await connection.sendNotification('textDocument/didChange', {
    textDocument: { uri, version: 4 },
    contentChanges: [{ text: 'print(1)\n' }],
  });
  expect(await lenses()).toEqual([]);
});

test('a cell that trains has one of its own, with what its notebook defines', async () => {
  const cell = (id: string): string => `vscode-notebook-cell:/w/a${documents}.ipynb#${id}`;
  await open('def once():\n    loss.backward()\n    optimizer.step()\n', cell('W0'));
  await open('%matplotlib inline\nfor x in data:\n    once()\n', cell('W1'));
  await open('%%bash\nfor epoch in range(3): loss = 1\n', cell('W2'));
  await open('for x in data:\n    once()\n', `vscode-notebook-cell:/w/other${documents}.ipynb#W0`);
  const title = '$(play) Track this cell';
  expect(await lenses(cell('W1'))).toEqual([{ line: 0, title, command: 'xtrack.trackCell', arguments: [cell('W1')] }]);
  expect(await lenses(cell('W0'))).toEqual([]);
  expect(await lenses(cell('W2'))).toEqual([]);
  expect(await lenses(`vscode-notebook-cell:/w/other${documents}.ipynb#W0`)).toEqual([]);
});

test('so has what is typed into the interactive window', async () => {
  const input = `vscode-interactive-input:/InteractiveInput-${documents}`;
  await open('for epoch in range(3):\n    loss = 1\n', input);
  expect(await lenses(input)).toMatchObject([{ command: 'xtrack.trackCell', arguments: [input] }]);
});

test('a document that is closed or unknown has none', async () => {
  await open('for epoch in range(3):\n    loss = 1\n');
  await connection.sendNotification('textDocument/didClose', { textDocument: { uri } });
  expect(await lenses()).toEqual([]);
  expect(await lenses('file:///never.py')).toEqual([]);
});

test('what the rules find is marked, with a link to the page of the rule', async () => {
  server.kill();
  await start({ rulePages: 'file:///x/docs/rules' });
  await open('import xtrack\n\nxtrack.log_metric("loss", "0.5")\n');
  const { items } = await connection.sendRequest<{ items: Diagnostic[] }>('textDocument/diagnostic', {
    textDocument: { uri },
  });
  expect(items).toMatchObject([
    {
      range: { start: { line: 2, character: 26 }, end: { line: 2, character: 31 } },
      code: 'metric-not-a-number',
      codeDescription: { href: 'file:///x/docs/rules/metric-not-a-number.md' },
      source: 'XTrack',
    },
  ]);
});

test('it ends with its editor', async () => {
  const other = spawn(process.execPath, [SERVER, '--stdio'], { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = new Promise((resolve) => other.once('exit', resolve));
  other.stdin.end();
  await ended;
});

test('lenses are in the language of the editor', async () => {
  server.kill();
  await start({ texts: { '$(play) Track this script': '$(play) Dieses Skript verfolgen' } });
  await open('import torch\n\nfor epoch in range(3):\n    loss.backward()\n');
  expect((await lenses()).map(({ title }) => title)).toEqual([
    '$(play) Dieses Skript verfolgen',
    '$(debug-alt) Debug with tracking',
  ]);
});
