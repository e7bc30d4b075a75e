/** A run's program: it is checked before a launch, and found again for another start. */
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { english } from '../../../../base/texts';
import type { LaunchRequest } from '../../../../protocol/api';
import { userError } from '../../../../protocol/apiError';
import type { Launch } from '../../../../protocol/events';
import type { LaunchInfo } from '../../../contract/workerApi';
import { REDACTED, redactArguments } from './secrets';

/** The command line after the interpreter; for a command, all of it. */
export function commandOf(target: LaunchRequest['target'], args: string[]): string[] {
  if ('argv' in target) return [...target.argv, ...args];
  return 'script' in target ? [target.script, ...args] : ['-m', target.module, ...args];
}

/** The same program with other arguments. */
export function withArguments({ argv }: Pick<Launch, 'argv'>, args: string[]): string[] {
  return [...argv.slice(0, argv[0] === '-m' ? 2 : 1), ...args];
}

/** Uses the journaled launch, else the script's own run_start. For torchrun this is its script, with the same number of processes. */
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

/** The program as it is journaled, without secrets, because the directory may be shared. */
export function withoutSecrets(launch: Launch): Launch {
  return { ...launch, argv: redactArguments(launch.argv) };
}

export function checkProgram({ argv, interpreter, cwd }: Pick<Launch, 'argv' | 'interpreter' | 'cwd'>): void {
  checkFolder(cwd);
  const first = argv[0];
  if (argv.some((word) => word.includes(REDACTED)))
    throw userError(
      'invalid',
      english`The run was started with a secret among its arguments, which was not recorded. Use “Edit Parameters and Run” to add it, or launch the script again.`,
      { field: 'args' },
    );
  if (interpreter !== null && first !== '-m') checkScript(first ?? '', cwd, 'run_id');
}

export function checkFolder(cwd: string): void {
  if (!isAbsolute(cwd) || !statSync(cwd, { throwIfNoEntry: false })?.isDirectory())
    throw userError('invalid', english`The working directory ${cwd} does not exist or is not a folder.`, {
      field: 'cwd',
    });
}

export function checkScript(script: string, cwd: string, field: string): void {
  const path = resolve(cwd, script);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat)
    throw userError('invalid', english`The script ${path} does not exist. Save it, or choose another one.`, { field });
  if (!stat.isFile()) throw userError('invalid', english`${path} is not a file. Choose a Python script.`, { field });
}

/** Makes an id that sorts by time and is unique within its second. */
export function newRunId(): string {
  const [date = '', time = ''] = new Date().toISOString().replace(/[-:]/g, '').split(/[T.]/);
  return `${date}-${time}-${randomBytes(3).toString('hex')}`;
}
