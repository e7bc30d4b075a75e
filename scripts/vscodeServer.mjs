// A real VS Code from the npm registry alone: its own server (inside the code-server package), for a browser to open.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { npm, ROOT } from './dependencies.mjs';
import { fetchOnce } from './fetched.mjs';

const SERVER = 'code-server@4.139.1';
const NODE_MAJOR = 24; // The version that the server is built for.
const NODE = `node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`;
const NODE_PIN = `${NODE}@24.9.0`;

export async function fetchServer() {
  const ownNode = Number(process.versions.node.split('.')[0]) === NODE_MAJOR;
  const pins = ownNode ? [SERVER] : [SERVER, NODE_PIN];
  const folder = await fetchOnce('server', pins, async (into) => {
    // The package for this platform is fetched directly, because the one called "node" would fetch it in an install script.
    await npm(['install', ...pins], into);
    // Its lock file does not match its package.json, so npm would reject it.
    await npm(['install', '--omit=dev'], join(into, 'node_modules/code-server/lib/vscode'));
  });
  const modules = join(folder, 'node_modules');
  giveLog(join(modules, 'code-server/lib/vscode/node_modules/@vscode/spdlog'));
  return {
    node: ownNode ? process.execPath : join(modules, NODE, process.platform === 'win32' ? 'bin/node.exe' : 'bin/node'),
    main: join(modules, 'code-server/lib/vscode/out/server-main.js'),
  };
}

function giveLog(folder) {
  copyFileSync(join(ROOT, 'scripts/editorLog.mjs'), join(folder, 'index.mjs'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: '@vscode/spdlog', main: 'index.mjs' }));
}

/** Installs a package as a user does: by the server's own command, into its folder `data`. */
export async function installPackage(vsix, data) {
  const { node, main } = await fetchServer();
  const args = ['--install-extension', vsix, '--server-data-dir', data, '--accept-server-license-terms'];
  const { status, stdout, stderr } = spawnSync(node, [main, ...args], {
    encoding: 'utf8',
    timeout: 60_000,
    env: cleanEnvironment(),
  });
  if (status !== 0) throw new Error(`${vsix} could not be installed:\n${stdout}${stderr}`);
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/**
 * Starts a server on loopback. `data` is its own folder: settings, extensions, state.
 * `testing` lets the address name an extension under development and suites to run, but hides notifications and dialogs.
 * `stop()` ends it together with its extension hosts, because a surviving host would restart processes that end after it.
 */
export async function startServer({ data, settings = {}, trust = true, testing = false, env = {} }) {
  const { node, main } = await fetchServer();
  const port = await freePort();
  const token = randomBytes(16).toString('hex');
  const machine = join(data, 'data/Machine');
  mkdirSync(machine, { recursive: true });
  writeFileSync(join(machine, 'settings.json'), JSON.stringify({ ...QUIET, ...settings }, null, 2));
  const args = ['--host', '127.0.0.1', '--port', String(port), '--connection-token', token];
  args.push('--accept-server-license-terms', '--telemetry-level', 'off', '--server-data-dir', data);
  if (testing) args.push('--enable-smoke-test-driver');
  if (trust) args.push('--disable-workspace-trust');
  const child = spawn(node, [main, ...args], {
    // The working directory is outside this repository.
    cwd: data,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...cleanEnvironment(), ...env },
    // It gets its own process group, so that it can be ended as one; terminals and collectors are in other groups.
    detached: true,
  });
  let output = '';
  const keep = (chunk) => (output = (output + chunk).slice(-20_000));
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = new Promise((resolve) => child.once('close', resolve));
  const kill = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      child.kill('SIGKILL'); // No process is left, or the system has no groups.
    }
  };
  process.once('exit', kill);
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(kill, 5000);
    await ended;
    clearTimeout(timer);
    kill();
    process.off('exit', kill);
  };
  const origin = `http://127.0.0.1:${port}`;
  try {
    await answers(`${origin}/version`, ended, () => output);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    data,
    logs: () => output,
    stop,
    /** The address of a window on `folder` or a file that names several (null: on nothing); `testsPath` is run in its extension host, with `extension` under development. */
    address({ folder, extension, testsPath }) {
      const remote = (path) => `vscode-remote://127.0.0.1:${port}${path}`;
      const query = new URLSearchParams({ tkn: token, ...opened(folder) });
      if (testsPath) {
        const payload = {
          extensionDevelopmentPath: remote(extension),
          extensionTestsPath: remote(testsPath),
          skipWelcome: 'true',
        };
        query.set('payload', JSON.stringify(Object.entries(payload)));
      }
      return `${origin}/?${query}`;
    },
  };
}

function opened(folder) {
  if (!folder) return { ew: 'true' };
  return folder.endsWith('.code-workspace') ? { workspace: folder } : { folder };
}

/** Settings that turn off distractions for new users and screenshots. */
const QUIET = {
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  'workbench.welcomePage.walkthroughs.openOnInstall': false,
  'workbench.enableExperiments': false,
  'chat.disableAIFeatures': true,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'git.openRepositoryInParentFolders': 'never',
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'remote.autoForwardPorts': false,
};

/** Removes variables with the sockets and options of another VS Code, in whose terminal this may run. */
function cleanEnvironment() {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(VSCODE_|ELECTRON_|npm_|XTRACK_|NODE_OPTIONS$|INIT_CWD$)/.test(name),
    ),
  );
}

async function answers(url, ended, output) {
  let over = false;
  void ended.then(() => (over = true));
  for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
    if (over) break;
    try {
      await fetch(url);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error(`The VS Code server did not start:\n${output().trim()}`);
}
