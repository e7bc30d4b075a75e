/** What a run runs: checked before it is launched, and found again for another start. */
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { english } from '../../../../base/texts';
import type { LaunchRequest } from '../../../../protocol/api';
import { userError } from '../../../../protocol/apiError';
import type { Launch } from '../../../../protocol/events';
import type { LaunchInfo } from '../../../contract/workerApi';
import { REDACTED, redactArguments } from './secrets';

/** The command line behind the interpreter; of a command, all of it. */
export function commandOf(target: LaunchRequest['target'], args: string[]): string[] {
  if ('argv' in target) return [...target.argv, ...args];
  return 'script' in target ? [target.script, ...args] : ['-m', target.module, ...args];
}

/** The same program with other arguments. */
export function withArguments({ argv }: Pick<Launch, 'argv'>, args: string[]): string[] {
  return [...argv.slice(0, argv[0] === '-m' ? 2 : 1), ...args];
}

/** By the launch that we journaled, else by what the script's own run_start said; of torchrun, its script, as often. */
export function whatRan({ run_id, launch, source, ranks }: LaunchInfo): Omit<Launch, 'run_id' | 'attempt'> {
  if (launch) {
    const { starts_at: _waited, ...again } = launch;
    return again;
  }
  if (!source.argv?.length || !source.cwd)
    throw userError(
      'invalid',
      english`Run ${run_id} did not record how it was started, so it cannot be started again from here.`,
      { field: 'run_id' },
    );
  const workers = Math.max(1, source.workers ?? ranks);
  return { argv: source.argv, interpreter: source.interpreter ?? 'python3', cwd: source.cwd, env: {}, workers };
}

/** As it is journaled, in a directory that may be shared. */
export function withoutSecrets(launch: Launch): Launch {
  return { ...launch, argv: redactArguments(launch.argv) };
}

export function checkProgram({ argv, interpreter, cwd }: Pick<Launch, 'argv' | 'interpreter' | 'cwd'>): void {
  checkFolder(cwd);
  const first = argv[0];
  if (argv.some((word) => word.includes(REDACTED)))
    throw userError(
      'invalid',
      english`The run was started with a secret among its arguments, which was not recorded. Use “Edit Parameters and Run” and put it in, or launch the script anew.`,
      { field: 'args' },
    );
  if (interpreter !== null && first !== '-m') checkScript(first ?? '', cwd, 'run_id');
}

export function checkFolder(cwd: string): void {
  if (!isAbsolute(cwd) || !statSync(cwd, { throwIfNoEntry: false })?.isDirectory())
    throw userError('invalid', english`The working directory ${cwd} is not there or is no folder.`, { field: 'cwd' });
}

export function checkScript(script: string, cwd: string, field: string): void {
  const path = resolve(cwd, script);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat)
    throw userError('invalid', english`The script ${path} does not exist. Save it, or choose another one.`, { field });
  if (!stat.isFile()) throw userError('invalid', english`${path} is no file. Choose a Python script.`, { field });
}

/** Sorts by time, and is told apart from others of the same second. */
export function newRunId(): string {
  const [date = '', time = ''] = new Date().toISOString().replace(/[-:]/g, '').split(/[T.]/);
  return `${date}-${time}-${randomBytes(3).toString('hex')}`;
}
