// What following a run costs while it trains: the supervisor, with the system's metrics once a second.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../scripts/dependencies.mjs';
import { python } from '../../scripts/python.mjs';
import { withDirectory } from './collectorRun.mjs';

export async function measure({ quick }) {
  // After the start it looks for git, packages and hardware, once.
  const [settled, windows, seconds] = quick ? [3, 1, 3] : [8, 5, 12];
  return withDirectory(async (home) => {
    writeFileSync(join(home, 'train.py'), 'import time\nwhile True: print("step", flush=True); time.sleep(0.5)\n');
    const supervisor = spawn(python(), ['-m', 'xtrack', 'run', '--run-id', 'bench', '--', 'train.py'], {
      cwd: home,
      env: { ...process.env, PYTHONPATH: join(ROOT, 'src/python'), XTRACK_DIR: join(home, '.xtrack') },
      stdio: 'ignore',
    });
    const ended = new Promise((resolve) => supervisor.once('exit', resolve));
    try {
      await sleep(settled);
      const before = samplesIn(home);
      const shares = [];
      for (let window = 0; window < windows; window++) {
        const [from, used] = [performance.now(), cpuSeconds(supervisor.pid)];
        await sleep(seconds);
        shares.push((cpuSeconds(supervisor.pid) - used) / ((performance.now() - from) / 1000));
      }
      const samples = (samplesIn(home) - before) / (windows * seconds);
      const note = `${samples.toFixed(2)} samples a second`;
      return [{ name: 'supervisor of a run, share of a core', values: shares, atMost: 0.01, note }];
    } finally {
      supervisor.kill('SIGTERM');
      await ended;
    }
  });
}

const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Of all its threads; the clock ticks of `stat` would be too coarse. */
function cpuSeconds(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e9;
}

function samplesIn(home) {
  const run = join(home, '.xtrack/runs/bench');
  const journal = readdirSync(run).find((name) => name.startsWith('events-sup-'));
  return readFileSync(join(run, journal), 'latin1').split('"system/cpu"').length - 1;
}
