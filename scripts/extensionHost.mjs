// Runs test/editor/ inside a real extension host. The browser only drives it; the host reports through a file.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDependencies, ROOT } from './dependencies.mjs';
import { openEditor } from './editorSession.mjs';
import { FETCHED } from './fetched.mjs';
import { hideOptional } from './optionalSoftware.mjs';

export const SUITES = join(FETCHED, 'suites');
/** Extensions that are installed beside ours for the suites. */
export const COMPANIONS = [join(ROOT, 'test/fixtures/companions/python')];
const TIMEOUT = 800_000;

/** Bundles the suites into a folder from which node_modules can still be resolved. */
export async function buildSuites() {
  const esbuild = await import('esbuild');
  const folder = join(ROOT, 'test/editor');
  const files = readdirSync(folder, { recursive: true }).filter((name) => /(^|[\\/])index\.ts$|\.test\.ts$/.test(name));
  rmSync(SUITES, { recursive: true, force: true });
  mkdirSync(SUITES, { recursive: true });
  await esbuild.build({
    entryPoints: files.map((name) => join(folder, name)),
    outdir: SUITES,
    outbase: folder,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
    absWorkingDir: ROOT,
  });
}

async function runExtensionHost() {
  await buildSuites();
  const editor = await openEditor({ testsPath: join(SUITES, 'index.js'), companions: COMPANIONS });
  try {
    const sum = await results(editor, SUITES);
    const { suites, folder } = severalFolders(dirname(editor.folder));
    const address = editor.server.address({ folder, extension: ROOT, testsPath: join(suites, 'index.js') });
    for (let tries = 1; ; tries++) {
      await editor.page.goto(address);
      const { passed, failed, without } = await results(editor, suites);
      // A browser may learn too late which folders the file names, so its window is opened again.
      if (!without || tries === 5) return { passed: sum.passed + passed, failed: sum.failed + failed };
      rmSync(join(suites, 'results.json'));
    }
  } finally {
    await editor.close();
  }
}

/** Suites that run in a window of their own, and the file that names its folders. */
export function severalFolders(home) {
  const copy = join(home, 'several');
  cpSync(join(ROOT, 'test/fixtures/severalFolders'), copy, { recursive: true });
  for (const folder of ['speech', 'vision', 'plain'])
    cpSync(join(copy, 'train.py'), join(copy, folder, 'src/train.py'), { recursive: true });
  return { suites: join(SUITES, 'severalFolders'), folder: join(copy, 'several.code-workspace') };
}

async function results(editor, suites) {
  const file = join(suites, 'results.json');
  for (const deadline = Date.now() + TIMEOUT; Date.now() < deadline;) {
    if (existsSync(file)) return report(JSON.parse(readFileSync(file, 'utf8')));
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  console.log(`The extension host did not report within ${TIMEOUT / 1000} s.\n${editor.server.logs().slice(-3000)}`);
  return { passed: 0, failed: 1 };
}

function report({ passed, failures, without }) {
  for (const { title, error } of failures) console.log(`FAIL ${title}\n${error.replace(/^/gm, '     ')}`);
  return { passed, failed: failures.length, without };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  hideOptional();
  await ensureDependencies();
  const { passed, failed } = await runExtensionHost();
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}
