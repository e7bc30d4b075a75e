/** The collector, bundled as it ships. Most tests share one bundle, built once before the first of them. */
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    collectorBundle: string;
  }
}

const ROOT = resolve(__dirname, '../../..');

/** Answers the bundle's path in `folder`. */
export async function bundleCollector(folder: string, version: string, buildId: string): Promise<string> {
  const outfile = join(folder, 'collector.js');
  await build({
    entryPoints: [join(ROOT, 'src/collector/main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    mainFields: ['module', 'main'],
    logLevel: 'error',
    define: { __BUILD__: JSON.stringify(buildId), __VERSION__: JSON.stringify(version) },
  });
  cpSync(join(ROOT, 'node_modules/sql.js/dist/sql-wasm.wasm'), join(folder, 'sql-wasm.wasm'));
  symlinkSync(join(ROOT, 'src/python'), join(folder, 'python'));
  return outfile;
}

/** Global setup of the projects whose tests start collectors. */
export async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'xt-bundle-'));
  project.provide('collectorBundle', await bundleCollector(folder, '0.0.1', 'test-build'));
  return () => rmSync(folder, { recursive: true, force: true });
}
