// A Chromium to look at the editor with: one that is here, else one from a package, fetched into .vscode-test/.
import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, createReadStream, createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { npm } from './dependencies.mjs';
import { fetchOnce } from './fetched.mjs';

const PACKAGE = '@sparticuz/chromium@153.0.0';
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/** Quiet on the network, and the same picture everywhere. */
const ARGS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-pings',
  '--no-default-browser-check',
  '--font-render-hinting=none',
];

function onPath() {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of NAMES) if (isExecutable(join(folder, name))) return join(folder, name);
  }
  return isExecutable(MAC) ? MAC : undefined;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The packaged browser is made for one Linux image: its archives hold what a bare machine may lack, libraries and a font. */
async function fetchChromium() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error('No browser found. Install Chromium or Google Chrome, or set CHROME_PATH to one.');
  }
  return fetchOnce('browser', [PACKAGE], async (folder) => {
    await npm(['install', PACKAGE], folder);
    const archives = join(folder, 'node_modules/@sparticuz/chromium/bin');
    const { extract } = createRequire(join(folder, 'package.json'))('tar-fs');
    const unpack = (name, target) => pipeline(createReadStream(join(archives, name)), createBrotliDecompress(), target);
    const program = join(folder, 'program');
    mkdirSync(program, { recursive: true });
    await unpack('chromium.br', createWriteStream(join(program, 'chromium')));
    await unpack('swiftshader.tar.br', extract(program));
    await unpack('al2023.tar.br', extract(folder + '/libraries'));
    await unpack('fonts.tar.br', extract(folder + '/fonts'));
    chmodSync(join(program, 'chromium'), 0o755);
  });
}

async function fetched() {
  const folder = await fetchChromium();
  const executablePath = join(folder, 'program/chromium');
  const env = { ...process.env };
  if (!existsSync('/etc/fonts/fonts.conf')) env.FONTCONFIG_PATH = join(folder, 'fonts');
  // The machine's own libraries where it has them: the packaged ones may need a newer C library.
  if (!starts(executablePath, env))
    env.LD_LIBRARY_PATH = [join(folder, 'libraries/lib'), env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  if (!starts(executablePath, env))
    throw new Error('The fetched browser does not start here. Install Chromium, or set CHROME_PATH.');
  return { executablePath, env, args: ['--no-zygote', '--in-process-gpu', '--headless=shell'], sandboxed: false };
}

function starts(executablePath, env) {
  return spawnSync(executablePath, ['--version', '--no-sandbox'], { env, timeout: 20_000 }).status === 0;
}

async function findBrowser() {
  const given = process.env.CHROME_PATH;
  if (given && !isExecutable(given)) throw new Error(`CHROME_PATH is ${given}, which is not a program.`);
  const executablePath = given || onPath();
  if (executablePath) return { executablePath, env: process.env, args: [], sandboxed: process.getuid?.() !== 0 };
  return fetched();
}

/** A running headless browser (playwright-core's `Browser`); whoever asked for it closes it. */
export async function launchBrowser() {
  const { chromium } = await import('playwright-core');
  const { executablePath, env, args, sandboxed } = await findBrowser();
  const launch = (sandbox) =>
    chromium.launch({ executablePath, env, headless: true, chromiumSandbox: sandbox, args: [...ARGS, ...args] });
  if (!sandboxed) return launch(false);
  try {
    return await launch(true);
  } catch {
    // Containers often forbid the user namespaces that the sandbox is made of.
    return launch(false);
  }
}
