// What the extension adds to an editor's start: its activation beside that of one that does nothing, in the same editor.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEditor } from '../../scripts/editorSession.mjs';

const WAIT_MS = 60_000;

/**
 * Activates both in each new window, the order taking turns, and notes of each: how long the one waited who asked for it,
 * what the editor itself says (whole milliseconds), and for how long the host served nobody else, until a second after.
 */
const CLOCK = `const vscode = require('vscode');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { appendFileSync, existsSync, readFileSync } = require('node:fs');
exports.activate = async () => {
  await new Promise((resolve) => setTimeout(resolve, 2500));
  const file = process.env.XTRACK_BENCH_FILE;
  const turn = existsSync(file) ? readFileSync(file, 'utf8').split('\\n').length : 1;
  const names = turn % 2 ? ['empty', 'xtrack'] : ['xtrack', 'empty'];
  const took = {};
  for (const name of names) {
    const extension = vscode.extensions.getExtension('xtrack.' + name);
    if (extension.isActive) throw new Error(name + ' was active already');
    const turns = monitorEventLoopDelay({ resolution: 1 });
    turns.enable();
    const started = performance.now();
    await extension.activate();
    const waited = performance.now() - started;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    turns.disable();
    const marks = Object.fromEntries(MonacoPerformanceMarks.getMarks().map(({ name, startTime }) => [name, startTime]));
    const between = (from, to) => marks['code/extHost/' + to + '/xtrack.' + name] - marks['code/extHost/' + from + '/xtrack.' + name];
    const told = between('willLoadExtensionCode', 'didLoadExtensionCode') + between('willActivateExtension', 'didActivateExtension');
    took[name] = { waited, told, held: turns.max / 1e6 };
  }
  appendFileSync(file, JSON.stringify(took) + '\\n');
};`;

function companion(home, name, activationEvents, code) {
  const folder = join(home, name);
  mkdirSync(folder);
  const manifest = { name, publisher: 'xtrack', version: '0.0.0', engines: { vscode: '^1.100.0' } };
  const rest = { main: './main.js', activationEvents, extensionKind: ['workspace'] };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, ...rest }));
  writeFileSync(join(folder, 'main.js'), code);
  return folder;
}

function readLines(file) {
  return existsSync(file)
    ? readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    : [];
}

export async function measure({ quick }) {
  const home = mkdtempSync(join(tmpdir(), 'xt-bench-'));
  const file = join(home, 'times');
  const folder = join(home, 'folder');
  mkdirSync(folder);
  const companions = [
    companion(home, 'empty', [], 'exports.activate = () => undefined;'),
    companion(home, 'clock', ['onStartupFinished'], CLOCK),
  ];
  const editor = await openEditor({ folder, companions, env: { XTRACK_BENCH_FILE: file } });
  try {
    const windows = quick ? 2 : 12;
    // The first window of an installation compiles everything anew.
    for (let window = 0; window <= windows; window++) {
      if (window > 0) await editor.page.goto(editor.address);
      for (const deadline = Date.now() + WAIT_MS; readLines(file).length <= window;) {
        if (Date.now() > deadline) throw new Error(`Window ${window} measured nothing.`);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
    const times = readLines(file).slice(1);
    const beside = (what, of) =>
      `${of(times.map(({ xtrack }) => xtrack[what])).toFixed(1)} ms beside ${of(times.map(({ empty }) => empty[what])).toFixed(1)} ms`;
    return [
      {
        name: 'activation, × an empty extension',
        values: times.map(({ xtrack, empty }) => xtrack.waited / empty.waited),
        atMost: 2,
        note: beside('waited', median),
      },
      {
        name: 'loading and activate(), as the editor tells it, ms',
        values: times.map(({ xtrack }) => xtrack.told),
        note: `mean ${beside('told', mean)}`,
      },
      {
        name: 'longest turn of the host in the second after, ms',
        values: times.map(({ xtrack }) => xtrack.held),
        note: beside('held', median),
      },
    ];
  } finally {
    await editor.close();
    rmSync(home, { recursive: true, force: true });
  }
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
