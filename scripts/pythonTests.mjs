// Runs the client's tests, two modules at a time because they mostly wait for processes.  node scripts/pythonTests.mjs [module…]
import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './dependencies.mjs';
import { hideOptional } from './optionalSoftware.mjs';
import { python } from './python.mjs';

const FOLDER = join(ROOT, 'test/python');
const AT_ONCE = 2;

/** The longest modules come first, so that none of them runs alone at the end. */
function modules() {
  const size = (name) => statSync(join(FOLDER, `${name}.py`)).size;
  const names = readdirSync(FOLDER).filter((name) => /^test\w*\.py$/.test(name));
  return names.map((name) => name.slice(0, -3)).sort((a, b) => size(b) - size(a));
}

function run(module) {
  const child = spawn(python(), ['-m', 'unittest', module], { cwd: FOLDER, stdio: ['ignore', 'pipe', 'pipe'] });
  const parts = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => parts.push(data));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      console.log(`── ${module}\n${Buffer.concat(parts).toString()}`);
      // Exit code 5 means that the module has no tests.
      resolve(code === 5 ? 0 : (code ?? signal));
    });
  });
}

hideOptional();
const left = process.argv.length > 2 ? process.argv.slice(2) : modules();
const ends = [];
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    for (let module = left.shift(); module; module = left.shift()) ends.push(await run(module));
  }),
);
process.exitCode = ends.every((end) => end === 0) ? 0 : 1;
