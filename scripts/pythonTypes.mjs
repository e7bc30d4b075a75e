// Runs Pyright on the Python client. It gets no PATH, so that it finds no Python and no packages: the result is the same on
// every machine, and an import of anything but the standard library is an error.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { ROOT } from './dependencies.mjs';

const pyright = createRequire(import.meta.url).resolve('pyright/index.js');
const { status } = spawnSync(process.execPath, [pyright, '--project', ROOT], {
  cwd: ROOT,
  env: { HOME: process.env.HOME ?? ROOT },
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
