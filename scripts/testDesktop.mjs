// The suites of test/vscode/ in a desktop VS Code, which is downloaded: needs the internet and a display.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '../esbuild.mjs';
import { ROOT } from './dependencies.mjs';
import { copyExample, endProcesses } from './editorSession.mjs';
import { buildSuites, COMPANIONS, SUITES } from './extensionHost.mjs';

await build();
await buildSuites();
const { runTests } = await import('@vscode/test-electron');
const home = mkdtempSync(join(tmpdir(), 'xt-'));
const folder = copyExample(join(home, 'example'));
try {
  process.exitCode = await runTests({
    extensionDevelopmentPath: [ROOT, ...COMPANIONS],
    extensionTestsPath: join(SUITES, 'index.js'),
    launchArgs: [folder, '--disable-workspace-trust', '--skip-welcome', `--user-data-dir=${join(home, 'data')}`],
    extensionTestsEnv: { XDG_RUNTIME_DIR: home },
  });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await endProcesses(folder, home);
  rmSync(home, { recursive: true, force: true });
}
