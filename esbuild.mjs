// Builds everything the extension ships into dist/:  node esbuild.mjs [--watch]
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, watch } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDependencies, ROOT } from './scripts/dependencies.mjs';
import { replaceFile } from './scripts/output.mjs';
import { writeWheel } from './scripts/wheel.mjs';

const DIST = join(ROOT, 'dist');
const watching = process.argv.includes('--watch');

const node = { platform: 'node', target: 'node20', format: 'cjs', mainFields: ['module', 'main'] };
const webview = { platform: 'browser', target: 'chrome120', format: 'iife' };
/** Bundles that the extension imports on demand. */
const LOADED_LATER = ['./composition', './languageClient'];
/**
 * `import * as vscode` would copy VS Code's whole API into a new object in each file, which took most of the time of loading
 * the extension. All files share one object instead.
 */
const editor = {
  external: ['vscode', ...LOADED_LATER],
  // A window only opens connections, so the package's server is left out.
  alias: { ws: join(ROOT, 'node_modules/ws/lib/websocket.js') },
  // Our bundles are files beside each other, which Node can require.
  supported: { 'dynamic-import': false },
  banner: { js: "const vscode = require('vscode');" },
  plugins: [
    {
      name: 'shared-vscode',
      setup({ onLoad }) {
        onLoad({ filter: /[\\/]src[\\/](editor[\\/].*|[^\\/]+)\.ts$/ }, ({ path }) => {
          const contents = readFileSync(path, 'utf8').replace(/^import \* as vscode from 'vscode';$/m, '');
          return { contents, loader: 'ts' };
        });
      },
    },
  ],
};

const BUNDLES = [
  { in: 'src/extension.ts', out: 'extension.js', ...node, ...editor },
  { in: 'src/composition.ts', out: 'composition.js', ...node, ...editor },
  { in: 'src/editor/language/languageClient.ts', out: 'languageClient.js', ...node, external: ['vscode'] },
  { in: 'src/collector/main.ts', out: 'collector.js', ...node },
  { in: 'src/language/server.ts', out: 'language.js', ...node },
  ...webviews().map((name) => ({ in: `webview/${name}/main.ts`, out: `webview/${name}.js`, ...webview })),
];
const FILES = [
  ['node_modules/sql.js/dist/sql-wasm.wasm', 'sql-wasm.wasm'],
  ['node_modules/@vscode/codicons/dist/codicon.css', 'webview/codicon.css'],
  ['node_modules/@vscode/codicons/dist/codicon.ttf', 'webview/codicon.ttf'],
];

/** Folders with a page of their own; the other folders are parts of these. */
function webviews() {
  const folders = readdirSync(join(ROOT, 'webview'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.map(({ name }) => name).filter((name) => existsSync(join(ROOT, 'webview', name, 'main.ts')));
}

/** Every source file below a folder, in a fixed order. */
function* filesBelow(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name === '__pycache__' || entry.name.endsWith('.pyc')) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}

/** A hash of the sources, which distinguishes a running collector of another build. */
function buildId() {
  const hash = createHash('sha256');
  const inputs = ['src', 'webview'].flatMap((folder) => [...filesBelow(join(ROOT, folder))]);
  for (const path of [
    ...inputs,
    ...['package.json', 'package-lock.json', 'esbuild.mjs'].map((name) => join(ROOT, name)),
  ]) {
    hash.update(relative(ROOT, path)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

/** Copies the Python client and returns the paths of the copies. */
function copyPython() {
  const from = join(ROOT, 'src/python/xtrack');
  const to = join(DIST, 'python');
  const copies = [...filesBelow(from)].map((path) => {
    const copy = join(to, 'xtrack', relative(from, path));
    replaceFile(copy, readFileSync(path));
    return copy;
  });
  return [...copies, writeWheel(to)];
}

export async function build() {
  await ensureDependencies();
  const esbuild = await import('esbuild');
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const options = BUNDLES.map(({ in: entry, out, ...rest }) => ({
    ...rest,
    entryPoints: [join(ROOT, entry)],
    outfile: join(DIST, out),
    bundle: true,
    minify: !watching,
    sourcemap: watching ? 'linked' : false,
    legalComments: 'none',
    logLevel: 'warning',
    define: {
      __BUILD__: JSON.stringify(buildId()),
      __VERSION__: JSON.stringify(version),
      'process.env.NODE_ENV': '"production"',
    },
    absWorkingDir: ROOT,
  }));
  for (const [from, to] of FILES) replaceFile(join(DIST, to), readFileSync(join(ROOT, from)));
  const made = [...FILES.map(([, to]) => join(DIST, to)), ...copyPython()];
  if (watching) {
    for (const each of options) await (await esbuild.context({ ...each, logLevel: 'info' })).watch();
    watch(join(ROOT, 'src/python/xtrack'), { recursive: true }, copyPython);
    return;
  }
  const bundles = await Promise.all(options.map((each) => esbuild.build({ ...each, write: false })));
  for (const { path, contents } of bundles.flatMap(({ outputFiles }) => outputFiles)) {
    replaceFile(path, contents);
    made.push(path);
  }
  // Files from an earlier build must not be packed.
  for (const path of filesBelow(DIST)) if (!made.includes(path) && !path.endsWith('.part')) rmSync(path);
}

function printSizes() {
  const python = [...filesBelow(join(DIST, 'python'))].reduce((sum, path) => sum + statSync(path).size, 0);
  const rows = [...filesBelow(DIST)]
    .filter((path) => !path.includes('/python/'))
    .map((path) => [relative(DIST, path), statSync(path).size]);
  for (const [name, size] of [...rows, ['python/', python]])
    console.log(`${(size / 1024).toFixed(1).padStart(9)} kB  dist/${name}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await build();
    if (!watching) printSizes();
  } catch (error) {
    // esbuild has printed its own messages.
    console.error(error.errors ? 'The build failed.' : error.message);
    process.exitCode = 1;
  }
}
