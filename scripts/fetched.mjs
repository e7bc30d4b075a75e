// Things too large for node_modules, fetched on demand into .vscode-test/, pinned and reused.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, withLock } from './dependencies.mjs';

export const FETCHED = join(ROOT, '.vscode-test');

/**
 * Returns the folder .vscode-test/<name>, made by `make(folder)` unless it exists, complete and made from the same `pins`.
 * An incomplete fetch leaves no stamp, and the next one discards it.
 */
export async function fetchOnce(name, pins, make) {
  const folder = join(FETCHED, name);
  const stamp = join(folder, '.complete');
  const wanted = createHash('sha256')
    .update(JSON.stringify([pins, process.platform, process.arch]))
    .digest('hex');
  const complete = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
  if (complete()) return folder;
  await withLock(join(FETCHED, `${name}.lock`), async () => {
    if (complete()) return;
    const started = Date.now();
    process.stderr.write(`Fetching ${pins.join(', ')} (once) …\n`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ name: `xtrack-${name}`, private: true, license: 'UNLICENSED' }),
    );
    await make(folder);
    writeFileSync(stamp, wanted);
    process.stderr.write(`Fetched in ${((Date.now() - started) / 1000).toFixed(0)} s.\n`);
  });
  return folder;
}
