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
    const [calls, repeats] = quick ? ['20000', '3'] : ['100000', '9'];
    const output = execFileSync(python(), [join(ROOT, 'test/bench/logMetric.py'), calls, repeats], {
      env: { ...process.env, PYTHONPATH: join(ROOT, 'src/python'), PYTHONDONTWRITEBYTECODE: '1', XTRACK_DIR: dir },
    });
    const { tight, ten, paced } = JSON.parse(output);
    const own = (times) => times.map((each) => each.own_s / each.base_s);
    const least = (times) => times.map((each) => each.least_s / each.base_s);
    const microseconds = (times) => `${(1e6 * Math.min(...times.map((each) => each.own_s))).toFixed(1)} µs`;
    const stall = `os.write: ${(1000 * Math.max(...paced.map((each) => each.longest_base_s))).toFixed(2)}`;
    return [
      { name: 'log_metric, tight loop, × os.write', values: own(tight), atMost: 4, note: microseconds(tight) },
      { name: 'its repr, clock, CRC and write alone, × os.write', values: least(tight) },
      { name: 'log_metrics of ten, × json.dumps + os.write', values: own(ten), atMost: 1, note: microseconds(ten) },
      { name: 'log_metric, every 2 ms, p99, × os.write', values: own(paced), atMost: 2, note: microseconds(paced) },
      { name: 'its repr, clock, CRC and write alone, × os.write', values: least(paced) },
      {
        name: 'log_metric, every 2 ms, longest call, ms',
        values: paced.map(({ longest_s }) => longest_s * 1000),
        atMost: 1,
        note: stall,
      },
    ];
  });
}
