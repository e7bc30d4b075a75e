// One editor in one browser, with private folders that are removed when it is closed.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchBrowser } from './browser.mjs';
import { ROOT } from './dependencies.mjs';
import { installPackage, startServer } from './vscodeServer.mjs';

const VIEWPORT = { width: 1440, height: 900 };
/** The language of an editor that shows our texts translated. */
const LANGUAGE = 'de';

/**
 * Starts an editor's server for `folder` (a copy of the example unless given; null: nothing open), with the built
 * extension, or with the package `vsix`. `translate` maps our texts to the ones that are shown.
 * @param {{folder?: string | null, vsix?: string, companions?: string[], trust?: boolean,
 *   settings?: Record<string, unknown>, env?: Record<string, string>, testsPath?: string,
 *   translate?: (text: string) => string}} options
 */
export async function startEditor(options = {}) {
  const { vsix, companions = [], trust, settings, env, testsPath, translate, ...given } = options;
  // The path is short, because the path of the collector's socket below it is limited.
  const home = mkdtempSync(join(tmpdir(), 'xt-'));
  const runtime = join(home, 'r');
  mkdirSync(runtime, { mode: 0o700 });
  const folder = given.folder === undefined ? copyExample(join(home, 'example')) : given.folder;
  const disposers = [() => rmSync(home, { recursive: true, force: true, maxRetries: 25, retryDelay: 200 })];
  /** Disposers, called in reverse order. */
  const close = async () => {
    for (const dispose of disposers.splice(0).reverse()) await dispose();
  };
  try {
    disposers.push(() => endProcesses(folder, runtime));
    const data = join(home, 'server');
    const extensions = join(data, 'extensions');
    // This comes first, because an installation writes the list of extensions.
    for (const path of companions) installExtension(path, extensions, ['']);
    if (vsix) await installPackage(vsix, data);
    // With the test driver, ours is the extension under development.
    else if (!testsPath) {
      const ours = installExtension(ROOT, extensions, ['package.json', 'package.nls.json', 'dist', 'media']);
      if (translate) await addTranslation(ours, translate);
    }
    const testing = testsPath !== undefined;
    const server = await startServer({ data, settings, trust, testing, env: { XDG_RUNTIME_DIR: runtime, ...env } });
    disposers.push(server.stop);
    const address = server.address({ folder, extension: ROOT, testsPath });
    return { folder, runtime, server, address, disposers, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Starts an editor and opens it in a headless browser. */
export async function openEditor(options = {}) {
  const editor = await startEditor(options);
  try {
    const browser = await launchBrowser();
    editor.disposers.push(() => browser.close());
    const context = await browser.newContext({
      viewport: VIEWPORT,
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    if (options.translate)
      await context.addInitScript((language) => (globalThis._VSCODE_NLS_LANGUAGE = language), LANGUAGE);
    const page = await context.newPage();
    await page.goto(editor.address);
    return { ...editor, page };
  } catch (error) {
    await editor.close();
    throw error;
  }
}

/** Places an extension as if it was installed. A server without a list of extensions makes one from the folders it finds. */
function installExtension(source, extensions, parts) {
  const { publisher, name, version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8'));
  const target = join(extensions, `${publisher}.${name}-${version}`);
  for (const part of parts) cpSync(join(source, part), join(target, part), { recursive: true });
  return target;
}

/** Writes a translation as a translator would: for the manifest's texts, and for those in the code. */
async function addTranslation(extension, translate) {
  const { texts } = await import('./texts.mjs');
  const manifest = JSON.parse(readFileSync(join(extension, 'package.nls.json'), 'utf8'));
  const translated = (pairs) => JSON.stringify(Object.fromEntries(pairs.map(([key, text]) => [key, translate(text)])));
  mkdirSync(join(extension, 'l10n'));
  writeFileSync(join(extension, `package.nls.${LANGUAGE}.json`), translated(Object.entries(manifest)));
  writeFileSync(join(extension, `l10n/bundle.l10n.${LANGUAGE}.json`), translated(texts().map((text) => [text, text])));
}

/** Copies the example as a new user has it, without files from earlier runs. */
export function copyExample(target) {
  cpSync(join(ROOT, 'media/example'), target, {
    recursive: true,
    filter: (path) => !/(^|[\\/])(\.xtrack|__pycache__|checkpoints)$/.test(path),
  });
  return target;
}

/** Ends the scripts of `folder` and the collectors below `runtime`: they outlive their editor by design. */
export async function endProcesses(folder, runtime) {
  const scripts = folder ? writerPids(join(folder, '.xtrack/runs')) : [];
  // A test that wrote journals is also a writer.
  const pids = [...(runtime ? collectorPids(runtime) : []), ...scripts].filter((pid) => pid !== process.pid);
  for (const pid of pids) signal(pid, 'SIGTERM');
  for (const deadline = Date.now() + 4000; Date.now() < deadline && pids.some(isAlive);) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const pid of pids) signal(pid, 'SIGKILL');
}

function collectorPids(runtime) {
  const base = join(runtime, 'xtrack');
  if (!existsSync(base)) return [];
  return readdirSync(base).flatMap((name) => {
    try {
      return [JSON.parse(readFileSync(join(base, name, 'collector.json'), 'utf8')).pid];
    } catch {
      return []; // The collector has ended and removed the file.
    }
  });
}

/** Processes that wrote journals below `runs`, according to the journals' heads, except those whose pid was reused. */
function writerPids(runs) {
  if (!existsSync(runs)) return [];
  return readdirSync(runs).flatMap((run) =>
    readdirSync(join(runs, run))
      .filter((name) => name.startsWith('events-'))
      .flatMap((name) => {
        const bytes = readFileSync(join(runs, run, name));
        if (bytes.length < 4 || bytes.length < 4 + bytes.readUInt32BE(0)) return [];
        const { role, proc } = JSON.parse(bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString()).p;
        return ['script', 'supervisor'].includes(role) && startOf(proc.pid) === proc.start ? [proc.pid] : [];
      }),
  );
}

/** The start time of a process in the journals' format: field 22 of its stat line. */
function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return null;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
