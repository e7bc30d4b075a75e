// Makes xtrack-<version>.vsix from a fresh build:  npm run package
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from '../esbuild.mjs';
import { ROOT } from './dependencies.mjs';

const LIMIT = 2 * 1024 * 1024;

/** Builds, packs into `folder`, and returns the package's path. Throws if the package is too large. */
export async function makePackage(folder, stdio = 'ignore') {
  await build();
  const { name, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const out = join(folder, `${name}-${version}.vsix`);
  // Everything is bundled, so the package contains no dependencies, and npm does not need to build.
  const vsce = join(ROOT, 'node_modules/@vscode/vsce/vsce');
  const options = ['--no-dependencies', '--skip-license', '--allow-missing-repository', '--no-rewrite-relative-links'];
  const { status } = spawnSync(process.execPath, [vsce, 'package', ...options, '--out', out], { cwd: ROOT, stdio });
  if (status !== 0) throw new Error(`vsce ended with ${status}.`);
  const { size } = statSync(out);
  if (size > LIMIT) throw new Error(`${out} has ${kilobytes(size)}, more than ${kilobytes(LIMIT)}.`);
  return out;
}

const kilobytes = (bytes) => `${(bytes / 1024).toFixed(0)} kB`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const out = await makePackage(ROOT, 'inherit');
    console.log(`${out}: ${kilobytes(statSync(out).size)}`);
  } catch (error) {
    console.error(error.errors ? 'The build failed.' : error.message);
    process.exitCode = 1;
  }
}
