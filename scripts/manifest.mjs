// Writes what the features declare (src/editor/*/contribution.ts) to package.json and package.nls.json.
//   node scripts/manifest.mjs [--check]     --check writes nothing, and fails if they are out of date
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDependencies, ROOT } from './dependencies.mjs';

const SOURCE = `
export { manifestOf } from './src/editor/manifest/manifest';
export { CONTRIBUTIONS } from './src/editor/contributions';
`;

const textOf = (value) => `${JSON.stringify(value, null, 2)}\n`;

/** Returns the expected content of the two files. */
async function generated() {
  await ensureDependencies();
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    stdin: { contents: SOURCE, resolveDir: ROOT, loader: 'ts' },
    bundle: true,
    format: 'esm',
    write: false,
    logLevel: 'warning',
  });
  const code = Buffer.from(outputFiles[0].contents).toString('base64');
  const { manifestOf, CONTRIBUTIONS } = await import(`data:text/javascript;base64,${code}`);
  const { contributes, restrictedConfigurations, texts } = manifestOf(CONTRIBUTIONS);
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  manifest.contributes = contributes;
  manifest.capabilities.untrustedWorkspaces.restrictedConfigurations = restrictedConfigurations;
  return { 'package.json': textOf(manifest), 'package.nls.json': textOf(texts) };
}

const stale = Object.entries(await generated()).filter(
  ([name, text]) => readFileSync(join(ROOT, name), 'utf8') !== text,
);
if (!process.argv.includes('--check')) {
  for (const [name, text] of stale) writeFileSync(join(ROOT, name), text);
} else if (stale.length > 0) {
  const names = stale.map(([name]) => name).join(' and ');
  console.error(`${names} differ from the contributions that are declared in src/editor. Run: npm run manifest`);
  process.exitCode = 1;
}
