/** The bundle that VS Code loads and waits for, beside the one that it loads later: as built, under a stand-in of the editor. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import manifest from '../../../package.json';

const DIST = join(__dirname, '../../../dist');
const COMMANDS = manifest.contributes.commands.map(({ command }) => command);
/** What the editor is told, as far as activation needs it. */
const EDITOR = `
const said = { commands: {}, tasks: {}, schemes: [], errors: [], executed: [] };
const disposable = { dispose() {} };
module.exports = {
  said,
  CancellationError: class extends Error {},
  EventEmitter: class { dispose() {} },
  l10n: { t: (text, ...values) => text.replace(/\\{(\\d)\\}/g, (_, at) => values[at]) },
  commands: {
    registerCommand: (id, run) => ((said.commands[id] = run), disposable),
    executeCommand: (id) => said.executed.push(id),
  },
  tasks: { registerTaskProvider: (type, provider) => ((said.tasks[type] = provider), disposable) },
  workspace: { registerFileSystemProvider: (scheme) => (said.schemes.push(scheme), disposable) },
  window: {
    showErrorMessage: async (text, ...choices) => (said.errors.push(text), choices[0]),
  },
};`;
const LATER = `
module.exports.compose = (context) => ({
  shown: { collectors: 'all of them' },
  tasks: { provideTasks: () => ['a task'] },
  run: async (id, args) => context.ran(id, args),
});`;

interface Said {
  commands: Record<string, (...args: unknown[]) => Promise<unknown>>;
  tasks: Record<string, { provideTasks(): Promise<unknown> }>;
  schemes: string[];
  errors: string[];
  executed: string[];
}

let home: string;
let owned: { dispose(): void }[];
let ran: ReturnType<typeof vi.fn>;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'xt-activation-'));
  mkdirSync(join(home, 'node_modules/vscode'), { recursive: true });
  writeFileSync(join(home, 'node_modules/vscode/index.js'), EDITOR);
  cpSync(join(DIST, 'extension.js'), join(home, 'extension.js'));
  owned = [];
  ran = vi.fn((id: string) => `${id} ran`);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

function activate(): { said: Said; ready(): Promise<unknown> } {
  const load = createRequire(join(home, 'extension.js'));
  const { said } = load('vscode') as { said: Said };
  const extension = load('./extension.js') as { activate(context: object): { ready(): Promise<unknown> } };
  return { said, ...extension.activate({ subscriptions: owned, ran, extension: { packageJSON: manifest } }) };
}

describe('activation', () => {
  it('registers everything at once, and runs it as soon as the rest of the extension is loaded', async () => {
    writeFileSync(join(home, 'composition.js'), LATER);
    const { said, ready } = activate();
    expect(Object.keys(said.commands)).toEqual(COMMANDS);
    expect([said.schemes, Object.keys(said.tasks)]).toEqual([['xtrack-notes'], ['xtrack']]);

    // Asked for in the turn in which the editor was told, in which nothing else can be there yet.
    const launched = said.commands['xtrack.launch']!('train.py', 1);
    const tasks = said.tasks['xtrack']!.provideTasks();
    expect(ran).not.toHaveBeenCalled();
    expect(await launched).toBe('xtrack.launch ran');
    expect(ran).toHaveBeenCalledExactlyOnceWith('xtrack.launch', ['train.py', 1]);
    expect([await tasks, await ready()]).toEqual([['a task'], { collectors: 'all of them' }]);
    expect(said.errors).toEqual([]);
  });

  it.each([
    ['is not there', undefined, 'Cannot find module'],
    ['is cut off', LATER.slice(0, -4), 'Unexpected end of input'],
    ['throws', "throw new Error('no such thing\\nat line 3')", 'no such thing. Reload'],
  ])('reports that it could not be loaded if the rest %s', async (_what, code, why) => {
    if (code !== undefined) writeFileSync(join(home, 'composition.js'), code);
    const { said, ready } = activate();
    await expect(ready()).rejects.toThrow();
    await vi.waitFor(() => expect(said.executed).toEqual(['workbench.action.reloadWindow']));
    expect(said.errors).toHaveLength(1);
    expect(said.errors[0]).toMatch(/^XTrack could not be loaded: .*reinstall the extension\.$/);
    expect(said.errors[0]).toContain(why);

    // Who asks for something hears it again, and gets nothing.
    expect(await said.commands['xtrack.launch']!()).toBeUndefined();
    expect(await said.tasks['xtrack']!.provideTasks()).toBeUndefined();
    expect(said.errors).toHaveLength(3);
  });

  it('creates nothing in a window that closes before the rest is loaded', async () => {
    writeFileSync(join(home, 'composition.js'), LATER);
    const { said, ready } = activate();
    for (const one of owned) one.dispose();
    await expect(ready()).rejects.toThrow();
    expect(said.errors).toEqual([]);
  });

  it('loads a small file first, and a small one after it', () => {
    const sizes = ['extension.js', 'composition.js'].map((name) => statSync(join(DIST, name)).size / 1024);
    expect(sizes[0]).toBeLessThanOrEqual(10);
    expect(sizes[0]! + sizes[1]!).toBeLessThanOrEqual(200);
  });
});
