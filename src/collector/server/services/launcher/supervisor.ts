/** Starts `python -m xtrack run …`, which outlives the collector and runs the script. */
import { spawn } from 'node:child_process';
import { closeSync, constants, openSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Launch } from '../../../../protocol/events';
import type { Environment } from './interpreter';

const TAIL_BYTES = 2000;
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);

export interface Supervised {
  pid: number;
  /** Why the supervisor failed to start the run; null if it had begun its journal. Settles when the supervisor ends. */
  ended: Promise<string | null>;
}

/** `python` runs the supervisor, and also the script unless the launch is of a command. */
export function startSupervisor(
  launch: Launch,
  python: string,
  env: Environment,
  runDir: string,
  where: { dir: string; pythonPath: string },
  debuggerPath?: string,
): Promise<Supervised> {
  const logFile = join(runDir, `supervisor-${launch.attempt}.log`);
  const log = openSync(logFile, APPEND, 0o600);
  const child = spawn(python, supervisorArguments(launch, debuggerPath), {
    cwd: launch.cwd,
    env: supervisorEnvironment(launch, env, where),
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  child.unref();
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      const ended = new Promise<string | null>((settle) => {
        child.once('exit', (code, signal) => {
          settle(hasJournal(runDir, launch.attempt) ? null : failure(signal ?? `exit code ${code}`, logFile));
        });
      });
      resolve({ pid: child.pid!, ended });
    });
  });
}

function supervisorArguments(launch: Launch, debuggerPath?: string): string[] {
  return [
    ...['-m', 'xtrack', 'run', '--run-id', launch.run_id, '--attempt', String(launch.attempt), '--once'],
    ...(launch.name ? ['--name', launch.name] : []),
    ...(launch.experiment ? ['--experiment', launch.experiment] : []),
    ...Object.entries(launch.tags ?? {}).flatMap(([key, value]) => ['--tag', `${key}=${value}`]),
    ...(launch.tty ? ['--tty'] : []),
    ...((launch.workers ?? 1) > 1 ? ['--workers', String(launch.workers)] : []),
    ...(debuggerPath ? ['--debugger', debuggerPath] : []),
    ...(launch.interpreter === null ? ['--argv'] : []),
    '--',
    ...launch.argv,
  ];
}

function supervisorEnvironment(
  launch: Launch,
  env: Environment,
  where: { dir: string; pythonPath: string },
): Environment {
  const ours: Environment = {
    PYTHONPATH: env['PYTHONPATH'] ? `${where.pythonPath}${delimiter}${env['PYTHONPATH']}` : where.pythonPath,
    XTRACK_DIR: where.dir,
    XTRACK_RUN_ID: launch.run_id,
    XTRACK_ATTEMPT: String(launch.attempt),
  };
  // A fork also continues from a checkpoint, as a run of its own.
  if (launch.attempt > 1 || launch.from_checkpoint) ours['XTRACK_RESUME_RUN_ID'] = launch.run_id;
  if (launch.parent) ours['XTRACK_PARENT_RUN_ID'] = launch.parent;
  if (launch.from_checkpoint) ours['XTRACK_RESUME_CHECKPOINT'] = launch.from_checkpoint;
  return { ...env, ...ours };
}

function hasJournal(runDir: string, attempt: number): boolean {
  return readdirSync(runDir).some((name) => name.startsWith('events-sup-') && name.includes(`-${attempt}-`));
}

function failure(how: string, logFile: string): string {
  const tail = readFileSync(logFile).subarray(-TAIL_BYTES).toString('utf8').trim();
  return `the supervisor ended (${how}) before the script started${tail === '' ? '' : `: ${tail}`}`;
}
