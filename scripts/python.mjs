// The Python that tests and examples run with: XTRACK_TEST_PYTHON, else the first on the PATH that is 3.8 or later.
import { spawnSync } from 'node:child_process';

let found;

export function python() {
  found ??= [process.env.XTRACK_TEST_PYTHON, 'python3', 'python'].filter(Boolean).find(isUsable);
  if (!found) throw new Error('Python 3.8 or later was not found. Install it, or set XTRACK_TEST_PYTHON to one.');
  return found;
}

function isUsable(command) {
  const { status } = spawnSync(command, ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))'], { timeout: 20_000 });
  return status === 0;
}
