// Runs the suites of test/editor/ in a downloaded desktop VS Code. This needs the internet and a display.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../esbuild.mjs';
import { ROOT } from './dependencies.mjs';
import { copyExample, endProcesses } from './editorSession.mjs';
import { buildSuites, COMPANIONS, severalFolders, SUITES } from './extensionHost.mjs';

await build();
await buildSuites();
const { runTests } = await import('@vscode/test-electron');
const home = mkdtempSync(join(tmpdir(), 'xt-'));
const example = copyExample(join(home, 'example'));
try {
  // It throws if one of them fails.
  for (const { suites, folder } of [{ suites: SUITES, folder: example }, severalFolders(home)])
    await runTests({
      extensionDevelopmentPath: [ROOT, ...COMPANIONS],
      extensionTestsPath: join(suites, 'index.js'),
      launchArgs: [folder, '--disable-workspace-trust', '--skip-welcome', `--user-data-dir=${join(home, 'data')}`],
      extensionTestsEnv: { XDG_RUNTIME_DIR: home },
    });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await endProcesses(example, home);
  rmSync(home, { recursive: true, force: true });
}
