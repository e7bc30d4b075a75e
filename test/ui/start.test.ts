/** `npm start` where a desktop editor is installed: a stand-in for its command tells how it was called. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROOT } from '../../scripts/dependencies.mjs';
import { isAlive } from './processes';
import { until } from './workbench';

let home: string;
let start: ChildProcess;
let ended: Promise<number | null>;
let printed: string;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'xtd-'));
  // As the real one: the window is a process in a session of its own, its pid in its data, and --wait waits for it.
  const code = `#!/bin/sh
[ "$1" = --version ] && echo 1.139.1 && exit 0
for arg; do case $arg in --user-data-dir=*) data=\${arg#*=};; esac; done
mkdir -p "$data"
setsid sh -c 'echo $$ > "$1/code.lock"; while [ ! -e "$2/closed" ]; do sleep 0.1; done' sh "$data" '${home}' &
while [ ! -s "$data/code.lock" ]; do sleep 0.05; done
cp "$data/code.lock" '${home}/pid'
printf '%s\\n' "$@" > '${home}/args.part' && mv '${home}/args.part' '${home}/args'
wait
`;
  writeFileSync(join(home, 'code'), code, { mode: 0o755 });
  const env: NodeJS.ProcessEnv = { ...process.env, DISPLAY: ':99', PATH: home + delimiter + process.env['PATH'] };
  delete env['VSCODE_IPC_HOOK_CLI'];
  start = spawn(process.execPath, [join(ROOT, 'scripts/start.mjs')], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  printed = '';
  start.stdout!.on('data', (data: Buffer) => (printed += data.toString()));
  ended = new Promise((resolve) => start.once('close', resolve));
});

afterEach(async () => {
  writeFileSync(join(home, 'closed'), '');
  start.kill('SIGTERM');
  await ended;
  rmSync(home, { recursive: true, force: true });
});

const opened = () => until('the desktop editor is opened', () => existsSync(join(home, 'args')), 120);

test('npm start opens the example in the desktop editor with the extension, and ends when its window is closed', async () => {
  await opened();
  const args = readFileSync(join(home, 'args'), 'utf8').trim().split('\n');
  const developed = args
    .filter((arg) => arg.startsWith('--extensionDevelopmentPath='))
    .map((arg) => arg.split('=')[1]!);
  expect(developed[0]).toBe(ROOT);
  // The other one launches the example when the window is up.
  expect(developed).toHaveLength(2);
  expect(existsSync(join(developed[1]!, 'dist/starter.js'))).toBe(true);
  expect(args).toContain('--wait');
  expect(args.some((arg) => arg.startsWith('--user-data-dir='))).toBe(true);
  const folder = args.find((arg) => !arg.startsWith('-'))!;
  expect(existsSync(join(folder, 'train.py'))).toBe(true);
  expect(existsSync(join(folder, '.xtrack'))).toBe(true);
  expect(printed).toContain('Opening VS Code.');
  expect(start.exitCode).toBe(null);

  writeFileSync(join(home, 'closed'), '');
  expect(await ended).toBe(0);
});

test('Ctrl-C in npm start ends the desktop editor that it opened', async () => {
  await opened();
  const pid = Number(readFileSync(join(home, 'pid'), 'utf8'));
  start.kill('SIGINT');
  expect(await ended).toBe(0);
  await until('its window is closed', () => !isAlive(pid));
});
