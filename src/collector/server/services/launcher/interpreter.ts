/** Finds the Python interpreter that a run asks for, and checks that it works. */
import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { english } from '../../../../base/texts';
import { userError } from '../../../../protocol/apiError';

const CHECK_TIMEOUT_MS = 10_000;
const OLDEST: readonly [number, number] = [3, 8];

export type Environment = Record<string, string>;

/** Returns the absolute path if one is found, else the name itself, which the check then rejects. */
export function resolveInterpreter(name: string, cwd: string, env: Environment): string {
  if (isAbsolute(name)) return name;
  if (/[\\/]/.test(name)) return resolve(cwd, name);
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (isAbsolute(path) && isExecutableFile(path)) return path;
  }
  return name;
}

/** Throws an ApiError that says what is wrong with the interpreter and what to do. */
export async function checkInterpreter(interpreter: string, cwd: string, env: Environment): Promise<void> {
  const output = await run(interpreter, ['-c', 'import sys; print(*sys.version_info[:2])'], cwd, env);
  const [major, minor] = output.trim().split('\n').at(-1)!.split(' ').map(Number);
  if (major === undefined || minor === undefined || !Number.isInteger(major) || !Number.isInteger(minor))
    throw wrong(interpreter, 'does not answer like Python');
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    throw wrong(interpreter, `is Python ${major}.${minor}, and tracking needs ${OLDEST.join('.')} or newer`);
}

function run(interpreter: string, args: string[], cwd: string, env: Environment): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      interpreter,
      args,
      { cwd, env, timeout: CHECK_TIMEOUT_MS, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        const code = (error as NodeJS.ErrnoException).code;
        if (code === 'ENOENT') return reject(wrong(interpreter, 'was not found'));
        if (code === 'EACCES') return reject(wrong(interpreter, 'is not executable'));
        if (error.killed) return reject(wrong(interpreter, `did not answer within ${CHECK_TIMEOUT_MS / 1000} s`));
        reject(wrong(interpreter, `does not start: ${stderr.trim().split('\n').at(-1) || error.message}`));
      },
    );
  });
}

function wrong(interpreter: string, what: string): Error {
  return userError(
    'invalid',
    english`The Python interpreter ${interpreter} ${what}. Choose another one (in VS Code: "Python: Select Interpreter", the setting xtrack.interpreter, or its launch profile).`,
    { field: 'interpreter', interpreter },
  );
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
