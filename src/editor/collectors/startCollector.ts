import { t } from '../../base/texts';
import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { JournalPolicy } from '../../protocol/api';
import { userError } from '../../protocol/apiError';

export interface CollectorCommand {
  /** dist/collector.js, or its copy. */
  bundle: string;
  dir: string;
  idleExitMinutes: number;
  journals: JournalPolicy;
  env: NodeJS.ProcessEnv;
  /** Receives the collector's stderr: a file, because the collector outlives this window. */
  errorFile: string;
}

export interface Address {
  port: number;
  token: string;
}

const START_MS = 20_000;

/** Starts a collector that outlives this window; resolves once it responds, or throws with its output. */
export async function startCollector(command: CollectorCommand): Promise<Address> {
  await fs.mkdir(dirname(command.errorFile), { recursive: true });
  const errors = await fs.open(command.errorFile, 'w', 0o600);
  try {
    const child = spawn(
      process.execPath,
      [
        command.bundle,
        '--dir',
        command.dir,
        '--idle-exit',
        String(command.idleExitMinutes),
        '--journals',
        command.journals,
      ],
      {
        cwd: dirname(command.bundle),
        detached: true,
        windowsHide: true,
        stdio: ['ignore', 'pipe', errors.fd],
        env: { ...command.env, ELECTRON_RUN_AS_NODE: '1' },
      },
    );
    const stdout = child.stdout as Readable; // a pipe, see stdio
    try {
      return await firstLine(child, stdout);
    } catch (error) {
      if (child.exitCode === null) child.kill();
      const said = (await fs.readFile(command.errorFile, 'utf8').catch(() => ''))
        .trim()
        .split('\n')
        .slice(-3)
        .join('\n');
      throw userError('unavailable', t('The collector for {0} did not start: {1}', command.dir, said || String(error)));
    } finally {
      stdout.destroy();
      child.unref();
    }
  } finally {
    await errors.close();
  }
}

function firstLine(child: ChildProcess, stdout: Readable): Promise<Address> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(t('no response within {0} s', START_MS / 1000))), START_MS);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    child.once('error', fail);
    // `close` and not `exit`: its output has been read by then.
    child.once('close', (code, signal) =>
      fail(new Error(t('it exited with {0}', signal ?? t('exit code {0}', String(code))))),
    );
    createInterface({ input: stdout }).once('line', (line) => {
      try {
        const { port, token } = JSON.parse(line) as Partial<Address>;
        if (typeof port !== 'number' || typeof token !== 'string')
          throw new Error(t('the port or the token is missing'));
        clearTimeout(timer);
        resolve({ port, token });
      } catch (error) {
        fail(new Error(t('it answered with {0}: {1}', JSON.stringify(line.slice(0, 200)), String(error))));
      }
    });
  });
}
