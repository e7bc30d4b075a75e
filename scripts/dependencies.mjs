// Installs node_modules from package-lock.json. Every script calls this first, so that a fresh clone needs no other step.
import { spawn } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MODULES = join(ROOT, 'node_modules');
const STAMP = join(MODULES, '.xtrack-lock');

/** npm's own script when run by npm, else `npm` from the PATH; neither needs a shell. */
export function npmCommand() {
  const script = process.env.npm_execpath;
  return script?.endsWith('.js') ? [process.execPath, script] : [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

/** Runs npm and rejects with its output when it fails. Install scripts never run: no dependency needs one. */
export function npm(args, cwd = ROOT) {
  const [command, ...first] = npmCommand();
  const env = { ...process.env, npm_config_update_notifier: 'false' };
  // npm sets these for `npm start` and `npm test`, where they refer to this package rather than the target of the install.
  for (const name of Object.keys(env))
    if (/^npm_(package|lifecycle)_|^npm_config_local_prefix$/.test(name)) delete env[name];
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, ...args, '--ignore-scripts', '--no-fund', '--no-audit'], {
      cwd,
      env,
      shell: process.platform === 'win32' && command.endsWith('.cmd'),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('error', (error) => reject(new Error(`npm did not start (${error.message}). Install Node.js with npm.`)));
    child.on('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`npm ${args.join(' ')} failed (${code}):\n${output.trim()}`)),
    );
  });
}

/** Installs exactly what the lock file lists, unless that was done already. */
export async function ensureDependencies() {
  // A linked node_modules belongs to another checkout, and installing here would empty it.
  if (lstatSync(MODULES, { throwIfNoEntry: false })?.isSymbolicLink()) return;
  const wanted = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
  if (await isCurrent()) return writeFileSync(STAMP, wanted);
  const started = Date.now();
  process.stderr.write('Installing the development dependencies (once) …\n');
  await withLock(join(ROOT, '.vscode-test', 'dependencies.lock'), async () => {
    if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return;
    await npm(['ci']);
    writeFileSync(STAMP, wanted);
  });
  process.stderr.write(`Installed in ${((Date.now() - started) / 1000).toFixed(0)} s.\n`);
}

/** True when npm itself has installed this lock file: it keeps a copy, younger than package-lock.json. */
async function isCurrent() {
  const copy = join(MODULES, '.package-lock.json');
  return existsSync(copy) && statSync(copy).mtimeMs >= statSync(join(ROOT, 'package-lock.json')).mtimeMs;
}

/** Runs `work` while no other process does so under the same lock: a directory, with the pid of its owner in it. */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  for (;;) {
    try {
      mkdirSync(path);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (isStale(path)) rmSync(path, { recursive: true, force: true });
      else await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
  writeFileSync(join(path, 'pid'), String(process.pid));
  try {
    return await work();
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

function isStale(path) {
  try {
    const owner = Number(readFileSync(join(path, 'pid'), 'utf8'));
    try {
      process.kill(owner, 0);
      return false;
    } catch (error) {
      return error.code === 'ESRCH';
    }
  } catch {
    // There is no pid in it yet: its owner is about to write one, or died between the two calls.
    try {
      return Date.now() - statSync(path).mtimeMs > 5000;
    } catch {
      return false;
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await ensureDependencies();
