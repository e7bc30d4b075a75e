/** Entry point inside the extension host: runs the suites next to it and leaves the results in a file. */
import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Mocha from 'mocha';

interface Results {
  passed: number;
  failures: { title: string; error: string }[];
  /** What the window lacks that has to be there before any suite; it may come when it is opened again. */
  without?: string;
}

export async function run(): Promise<void> {
  const results: Results = { passed: 0, failures: [] };
  try {
    await runSuites(results);
  } catch (error) {
    results.failures.push({ title: 'the suites could not be loaded', error: textOf(error) });
  }
  if (results.passed + results.failures.length === 0)
    results.failures.push({ title: 'no tests', error: 'none was found' });
  leave(results);
}

/** Renamed into place, so that the runner never reads half of it. Throws where there are failures. */
export function leave(results: Results): void {
  const file = join(__dirname, 'results.json');
  writeFileSync(`${file}.part`, JSON.stringify(results));
  renameSync(`${file}.part`, file);
  if (results.failures.length > 0) throw new Error(`${results.failures.length} failed`);
}

function runSuites(results: Results): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 240_000 });
  const suites = readdirSync(__dirname).filter((name) => name.endsWith('.test.js'));
  for (const name of suites.sort()) mocha.addFile(join(__dirname, name));
  return new Promise((resolve) => {
    mocha
      .run(() => resolve())
      .on('pass', () => results.passed++)
      .on('fail', (test, error) => results.failures.push({ title: test.fullTitle(), error: textOf(error) }));
  });
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
