// All static checks: types, lint, import rules, the manifest, format, dead code.
//   node scripts/check.mjs [name…]
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureDependencies, ROOT } from './dependencies.mjs';

const bin = (path) => join(ROOT, 'node_modules', path);
const CHECKS = {
  types: [bin('typescript/bin/tsc'), '-p', '.'],
  lint: [bin('eslint/bin/eslint.js'), '--max-warnings', '0', 'src', 'webview', 'test'],
  imports: [
    bin('dependency-cruiser/bin/dependency-cruise.mjs'),
    '--config',
    '.dependency-cruiser.cjs',
    'src',
    'webview',
    'test',
  ],
  manifest: [join(ROOT, 'scripts/manifest.mjs'), '--check'],
  'python types': ['scripts/pythonTypes.mjs'],
  'python lint': ['scripts/pythonLint.mjs'],
  'python imports': ['scripts/pythonImports.mjs'],
  format: [bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'],
  'dead code': [bin('knip/bin/knip.js'), '--no-progress'],
};

function runCheck(name, args) {
  const started = Date.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], timeout: 580_000 });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('close', (code) =>
      resolve({ name, ok: code === 0, output: output.trim(), seconds: (Date.now() - started) / 1000 }),
    );
  });
}

/** Runs the named checks (all if none is named) in parallel and prints each result. */
export async function check(names = []) {
  await ensureDependencies();
  const chosen = Object.entries(CHECKS).filter(([name]) => names.length === 0 || names.includes(name));
  const results = await Promise.all(chosen.map(([name, args]) => runCheck(name, args)));
  for (const { name, ok, output, seconds } of results) {
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${name} (${seconds.toFixed(1)} s)`);
    if (!ok) console.log(output.replace(/^/gm, '     '));
  }
  return { passed: results.filter((each) => each.ok).length, failed: results.filter((each) => !each.ok).length };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { failed } = await check(process.argv.slice(2));
  process.exitCode = failed > 0 ? 1 : 0;
}
