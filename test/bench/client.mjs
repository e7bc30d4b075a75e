// The client's logging call; the measuring is done in Python.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../scripts/dependencies.mjs';
import { python } from '../../scripts/python.mjs';
import { withDirectory } from './collectorRun.mjs';

export async function measure({ quick }) {
  return withDirectory((home) => {
    const dir = join(home, '.xtrack');
    mkdirSync(dir);
    const [calls, repeats] = quick ? ['20000', '5'] : ['100000', '9'];
    const output = execFileSync(python(), [join(ROOT, 'test/bench/logMetric.py'), calls, repeats], {
      env: { ...process.env, PYTHONPATH: join(ROOT, 'src/python'), PYTHONDONTWRITEBYTECODE: '1', XTRACK_DIR: dir },
    });
    const { tight, p99_base_s, p99_own_s, longest_s } = JSON.parse(output);
    return [
      { name: 'log_metric, tight loop, × os.write', values: tight.map((each) => each.own_s / each.base_s), atMost: 4 },
      { name: 'log_metric, every 2 ms, p99, × os.write', values: [p99_own_s / p99_base_s], atMost: 2 },
      { name: 'log_metric, every 2 ms, longest call, ms', values: [longest_s * 1000], atMost: 1 },
    ];
  });
}
