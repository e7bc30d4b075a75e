/** The question about another package of our name, before a launch: with a real interpreter and real files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type * as vscode from 'vscode';
import { python } from '../../../scripts/python.mjs';
import { NameCollision } from '../../../src/editor/client/nameCollision';
import type { LaunchRequest } from '../../../src/protocol/api';

const { showWarningMessage } = vi.hoisted(() => ({ showWarningMessage: vi.fn() }));
vi.mock('vscode', () => ({
  l10n: { t: (text: string, ...values: string[]) => text.replace('{0}', values[0] ?? '') },
  window: { showWarningMessage },
}));

const [LAUNCH, ALWAYS] = ['Launch', "Launch and Don't Ask Again"];
const log = { info: vi.fn() } as unknown as vscode.LogOutputChannel;
let home: string;
let stored: Map<string, unknown>;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'xt-collision-'));
  for (const folder of ['installed/xtrack', 'beside', 'clean', 'client/xtrack']) {
    mkdirSync(join(home, folder), { recursive: true });
  }
  writeFileSync(join(home, 'installed/xtrack/__init__.py'), '"""Tracks particles."""\n');
  writeFileSync(join(home, 'beside/xtrack.py'), '');
  for (const name of ['__init__', 'outlet', 'supervisor']) writeFileSync(join(home, `client/xtrack/${name}.py`), '');
});
afterAll(() => rmSync(home, { recursive: true, force: true }));
beforeEach(() => {
  stored = new Map();
  showWarningMessage.mockReset();
});

/** As a window has it that is opened now. */
function window(): NameCollision {
  const memory = {
    get: (key: string) => stored.get(key),
    update: (key: string, value: unknown) => Promise.resolve(void stored.set(key, value)),
  };
  return new NameCollision(memory as unknown as vscode.Memento, () => [join(home, 'client')], log);
}

function launch(folder: string, more: { path?: string; interpreter?: string } = {}): LaunchRequest {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value;
  delete env['PYTHONPATH'];
  if (more.path) env['PYTHONPATH'] = join(home, more.path);
  const script = join(home, folder, 'train.py');
  return { target: { script }, cwd: join(home, folder), interpreter: more.interpreter ?? python(), env };
}

it('asks nobody where there is no other package, nor for our own client', async () => {
  expect(await window().accepts(launch('clean'))).toBe(true);
  expect(await window().accepts(launch('clean', { path: 'client' }))).toBe(true);
  expect(showWarningMessage).not.toHaveBeenCalled();
});

it('names the other package that the interpreter has, and what will happen; closed, it is asked again', async () => {
  const asking = window();
  showWarningMessage.mockResolvedValueOnce(undefined).mockResolvedValueOnce(LAUNCH).mockResolvedValueOnce(undefined);
  const request = launch('clean', { path: 'installed' });
  expect(await asking.accepts(request)).toBe(false);
  const file = join(home, 'installed/xtrack/__init__.py');
  expect(showWarningMessage).toHaveBeenCalledExactlyOnceWith(
    expect.stringMatching(/^There is another package named xtrack: /),
    { modal: true, detail: expect.stringContaining('finds the XTrack client first') },
    LAUNCH,
    ALWAYS,
  );
  expect(showWarningMessage.mock.calls[0]![0]).toContain(file);
  expect([await asking.accepts(request), await asking.accepts(request)]).toEqual([true, false]);
  // The same interpreter without that path has no other package.
  expect(await asking.accepts(launch('clean'))).toBe(true);
  expect(showWarningMessage).toHaveBeenCalledTimes(3);
});

it('is accepted for good, in this window and the next, until it is another package', async () => {
  showWarningMessage.mockResolvedValueOnce(ALWAYS);
  expect(await window().accepts(launch('beside'))).toBe(true);
  expect(showWarningMessage.mock.calls[0]![1].detail).toContain('what it logs is not');
  expect(await window().accepts(launch('beside'))).toBe(true);
  expect(showWarningMessage).toHaveBeenCalledTimes(1);
  expect(await window().accepts(launch('clean', { path: 'installed' }))).toBe(false);
  expect(showWarningMessage).toHaveBeenCalledTimes(2);
});

it('leaves it to the launch to say what is wrong with an interpreter, and looks anew the next time', async () => {
  const asking = window();
  const interpreter = join(home, 'python');
  expect(await asking.accepts(launch('clean', { path: 'installed', interpreter }))).toBe(true);
  writeFileSync(interpreter, `#!/bin/sh\nexec '${python()}' "$@"\n`, { mode: 0o755 });
  expect(await asking.accepts(launch('clean', { path: 'installed', interpreter }))).toBe(false);
});
