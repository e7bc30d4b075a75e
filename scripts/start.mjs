// Builds, opens an editor with the extension on the example, and launches the example's training, shown live.
//   npm start [-- --check]     --check: headless; ends when the run's curve is on the screen of a real browser
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from '../esbuild.mjs';
import { failureOf } from './browser.mjs';
import { ROOT } from './dependencies.mjs';
import { copyExample, endProcesses, openEditor, startEditor } from './editorSession.mjs';
import { FETCHED } from './fetched.mjs';

const SCREENSHOT = join(FETCHED, 'start.png');
/** The desktop editor's data. It is separate, because an editor that is already open would take the window and ignore our options. */
const DESKTOP = join(FETCHED, 'desktop');

/**
 * An extension beside ours that replaces a user's first click: it launches the example, once. No part of the product
 * depends on it.
 */
function makeStarter() {
  const folder = join(FETCHED, 'xtrack.starter');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'dist'), { recursive: true });
  const manifest = {
    name: 'starter',
    publisher: 'xtrack',
    version: '0.0.0',
    engines: { vscode: '^1.100.0' },
    main: './dist/starter.js',
    activationEvents: ['onStartupFinished'],
    extensionKind: ['workspace'],
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(
    join(folder, 'dist/starter.js'),
    `const vscode = require('vscode');
const { mkdirSync } = require('node:fs');
exports.activate = async (context) => {
  try {
    mkdirSync(context.asAbsolutePath('launched'));
  } catch {
    return; // The window launched it before this reload.
  }
  const script = vscode.Uri.joinPath(vscode.workspace.workspaceFolders[0].uri, 'train.py');
  await vscode.window.showTextDocument(script);
  await vscode.commands.executeCommand('xtrack.runs.focus');
  await vscode.commands.executeCommand('xtrack.launchCurrentFile', script);
};`,
  );
  return folder;
}

/** The example's copy is kept between starts. It has its own .xtrack, because its runs would otherwise go to this repository's. */
function exampleFolder() {
  const folder = copyExample(join(FETCHED, 'example'));
  mkdirSync(join(folder, '.xtrack'), { recursive: true });
  return folder;
}

function hasDesktop() {
  const display = ['darwin', 'win32'].includes(process.platform) || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  // In an editor's own terminal on a remote machine, `code` only opens files in that editor.
  if (!display || process.env.VSCODE_IPC_HOOK_CLI) return false;
  return spawnSync('code', ['--version'], { shell: process.platform === 'win32', timeout: 20_000 }).status === 0;
}

function interrupted() {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => resolve(signal));
  });
}

async function openDesktop(starter) {
  const folder = exampleFolder();
  // An editor that was killed leaves this file, and its pid may have been reused.
  rmSync(join(DESKTOP, 'code.lock'), { force: true });
  const args = [
    `--extensionDevelopmentPath=${ROOT}`,
    `--extensionDevelopmentPath=${starter}`,
    `--user-data-dir=${DESKTOP}`,
    '--disable-workspace-trust',
    '--skip-welcome',
    '--wait',
    '--new-window',
    folder,
  ];
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  console.log('Opening VS Code. Close its window, or press Ctrl-C, to end.');
  const child = spawn('code', args, { detached: true, stdio: 'ignore', shell: process.platform === 'win32' });
  const closed = new Promise((resolve) => child.once('close', resolve));
  await Promise.race([closed, interrupted().then(() => endDesktop(child))]);
  await endProcesses(folder);
}

/** The command only waits for the editor, which runs in its own session and writes its pid to its data folder. */
function endDesktop(command) {
  const pids = [-command.pid];
  const lock = join(DESKTOP, 'code.lock');
  if (existsSync(lock)) pids.push(Number(readFileSync(lock, 'utf8')));
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGTERM');
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}

async function openServer(starter) {
  const editor = await startEditor({ folder: exampleFolder(), companions: [starter] });
  console.log(`\nOpen this address to see the example train:\n\n  ${editor.address}\n\nCtrl-C ends it.`);
  await interrupted();
  console.log('\nEnding …');
  await editor.close();
}

/** Waits until the chart panel reports a drawn curve of the launched run. */
async function checkStart(starter) {
  const editor = await openEditor({ companions: [starter] });
  try {
    const charts = editor.page.frameLocator('iframe.webview.ready').frameLocator('#active-frame');
    const drawn = async () => (await charts.locator('body').evaluate(drawnPoints, null, { timeout: 2000 })) >= 2;
    for (const deadline = Date.now() + 120_000; ;) {
      if (await drawn().catch(() => false)) break;
      if (Date.now() > deadline) throw new Error('No curve of the example was on the screen within 120 s.');
      await editor.page.waitForTimeout(250);
    }
    // Waits one more frame, so that the curve is in the picture.
    await editor.page.waitForTimeout(500);
    console.log(`The example's curve is on the screen: ${SCREENSHOT}`);
  } catch (error) {
    if (failureOf(editor.page.context().browser())) throw new Error('The browser ended; see the message above.');
    throw error;
  } finally {
    await editor.page.screenshot({ path: SCREENSHOT }).catch((error) => console.log(`No screenshot: ${error.message}`));
    await editor.close();
  }
}

/** Runs inside the panel and returns the number of points on its longest curve. */
function drawnPoints() {
  return Math.max(0, ...(globalThis.__xtrackCharts?.() ?? []).map((curve) => curve.x.length));
}

try {
  await build();
  const starter = makeStarter();
  if (process.argv.includes('--check')) await checkStart(starter);
  else if (hasDesktop()) await openDesktop(starter);
  else await openServer(starter);
} catch (error) {
  console.error(error.errors ? 'The build failed.' : error.message);
  process.exitCode = 1;
}
