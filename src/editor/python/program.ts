import type * as vscode from 'vscode';
import { spawn } from 'node:child_process';

export interface ProgramRequest {
  command: string;
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  seconds: number;
  cancel?: vscode.CancellationToken;
}

export interface ProgramResult {
  /** Null if it was killed, because it took too long or was canceled. */
  code: number | null;
  stdout: string;
  stderr: string;
}

const LONGEST_OUTPUT = 1_000_000;

/** Runs a program until it exits. Rejects only if it cannot be started (ENOENT, EACCES). */
export function runProgram({ command, args, cwd, env, seconds, cancel }: ProgramRequest): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, windowsHide: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] = (output[name] + text).slice(-LONGEST_OUTPUT);
      });
    }
    const kill = (): void => void child.kill('SIGKILL');
    const timer = setTimeout(kill, seconds * 1000);
    const cancelled = cancel?.onCancellationRequested(kill);
    const over = (): void => {
      clearTimeout(timer);
      cancelled?.dispose();
    };
    child.once('error', (error) => {
      over();
      reject(error);
    });
    child.once('close', (code) => {
      over();
      resolve({ code, ...output });
    });
  });
}
