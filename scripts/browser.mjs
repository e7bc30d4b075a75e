// A Chromium to show the editor in: an installed one, else a fetched one.
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describeFailure } from './browserFailure.mjs';
import { ROOT } from './dependencies.mjs';
import { fetchedChromium } from './fetchedChromium.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/** Switches that keep the browser off the network and make it render the same everywhere. */
const ARGS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-pings',
  '--no-default-browser-check',
  '--font-render-hinting=none',
  // Skips console messages of pages.
  '--log-level=1',
];
const LAST_LINES = 15;
const LOGGED = join(ROOT, 'scripts/loggedBrowser.sh');

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

async function findBrowser() {
  const given = process.env.CHROME_PATH;
  if (given && !isExecutable(given)) throw new Error(`CHROME_PATH is ${given}, which is not a program.`);
  const executablePath = given || onPath();
  if (executablePath) return { executablePath, env: process.env, args: [], sandboxed: process.getuid?.() !== 0 };
  return { ...(await fetchedChromium()), sandboxed: false };
}

/**
 * Starts a headless browser (playwright-core's `Browser`), which the caller closes. If it ends before that, its last lines
 * are printed and available from `failureOf(browser)`.
 */
export async function launchBrowser() {
  const { executablePath, env, args, sandboxed } = await findBrowser();
  const launch = (chromiumSandbox) => launchLogged(executablePath, { env, args: [...ARGS, ...args], chromiumSandbox });
  if (!sandboxed) return launch(false);
  try {
    return await launch(true);
  } catch {
    // Containers often forbid the user namespaces that the sandbox needs.
    return launch(false);
  }
}

async function launchLogged(executablePath, options) {
  const { chromium } = await import('playwright-core');
  if (process.platform === 'win32') return chromium.launch({ ...options, executablePath });
  const folder = mkdtempSync(join(tmpdir(), 'xtrack-browser-'));
  const log = join(folder, 'stderr');
  const forget = () => rmSync(folder, { recursive: true, force: true });
  const failure = () => describeFailure(executablePath, lastLines(log));
  const env = { ...options.env, XTRACK_BROWSER: executablePath, XTRACK_BROWSER_LOG: log };
  try {
    const browser = await chromium.launch({ ...options, env, executablePath: LOGGED });
    watch(browser, failure, forget);
    return browser;
  } catch (error) {
    const reason = lastLines(log).length > 0 ? failure() : error.message;
    forget();
    throw new Error(reason);
  }
}

function lastLines(log) {
  if (!existsSync(log)) return [];
  return readFileSync(log, 'utf8').trim().split('\n').slice(-LAST_LINES);
}

const failures = new WeakMap();

/** Why a browser ended unexpectedly; undefined while it runs and after it was closed. */
export function failureOf(browser) {
  return failures.get(browser);
}

function watch(browser, failure, forget) {
  let isClosing = false;
  const close = browser.close.bind(browser);
  browser.close = (...args) => {
    isClosing = true;
    return close(...args);
  };
  browser.on('disconnected', () => {
    if (!isClosing) {
      failures.set(browser, failure());
      console.error(failures.get(browser));
    }
    forget();
  });
}
