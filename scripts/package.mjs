// Makes xtrack-<version>.vsix from a fresh build.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from '../esbuild.mjs';
import { ROOT } from './dependencies.mjs';

const LIMIT = 2 * 1024 * 1024;

rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
await build();
const { name, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const out = join(ROOT, `${name}-${version}.vsix`);
// Everything is bundled: no dependency travels, and nothing is built by npm on the way.
const vsce = join(ROOT, 'node_modules/@vscode/vsce/vsce');
const args = [
  vsce,
  'package',
  '--no-dependencies',
  '--skip-license',
  '--allow-missing-repository',
  '--no-rewrite-relative-links',
  '--out',
  out,
];
const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);
const { size } = statSync(out);
console.log(`${out}: ${(size / 1024).toFixed(0)} kB`);
if (size > LIMIT) {
  console.error(`That is more than ${LIMIT / 1024} kB.`);
  process.exitCode = 1;
}
