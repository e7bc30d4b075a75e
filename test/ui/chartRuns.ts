/** Folders with runs that are over, made by the client itself, for panels that show them. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../scripts/dependencies.mjs';
import { python } from '../../scripts/python.mjs';
import { readJournals } from './journals';

const run = promisify(execFile);
export const CHART_RUNS = join(ROOT, 'test/fixtures/chartRuns.py');

/** `runs`: as test/fixtures/chartRuns.py calls them. `supervised`: with the console and what the supervisor records. */
export async function folderWithRuns(runs: string[], supervised: string[] = []): Promise<string> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'xtw-')));
  const options = inFolder(folder);
  await addRuns(folder, runs);
  for (const name of supervised) await run(python(), supervisedBy(name), options);
  return folder;
}

export async function addRuns(folder: string, runs: string[]): Promise<void> {
  for (const name of runs) await run(python(), [CHART_RUNS, name], inFolder(folder));
}

/** One that goes on while somebody looks at it; it ends by itself. */
export function startRun(folder: string, name: string): ChildProcess {
  return spawn(python(), supervisedBy(name), { ...inFolder(folder), stdio: 'ignore' });
}

function supervisedBy(name: string): string[] {
  return ['-m', 'xtrack', 'run', '--run-id', name.split(':')[0]!, '--', CHART_RUNS, name];
}

function inFolder(folder: string) {
  const env = { ...process.env, PYTHONPATH: join(ROOT, 'dist/python'), XTRACK_DIR: join(folder, '.xtrack') };
  return { cwd: folder, env };
}

export interface LoggedPoint {
  step: number;
  epoch: number | null;
  value: number;
  /** Epoch milliseconds. */
  at: number;
}

/** What one worker of a run logged of a metric, in order. */
export function logged(folder: string, runId: string, key: string, worker = 'worker-0'): LoggedPoint[] {
  return readJournals(folder, runId)
    .filter(({ head }) => head.role === 'script' && head.worker === worker)
    .flatMap(({ events }) => events)
    .flatMap(({ t, p, m }) => {
      const metrics = t === 'metric' ? { [String(p['key'])]: p['value'] } : t === 'metric_batch' ? p['metrics'] : {};
      const value = (metrics as Record<string, unknown>)[key];
      if (value === undefined) return [];
      return [
        { step: p['step'] as number, epoch: (p['epoch'] as number) ?? null, value: Number(value), at: m.ts / 1000 },
      ];
    });
}
