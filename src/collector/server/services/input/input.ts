/** Input for a script that was launched with a terminal: its supervisor reads it from a named pipe in the run's directory. */
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { english } from '../../../../base/texts';
import type { Params } from '../../../../protocol/api';
import { userError } from '../../../../protocol/apiError';
import type { LaunchInfo } from '../../../contract/workerApi';
import { isScriptAlive } from '../../processLiveness';
import { checkOwner } from '../../runAccess';
import type { Service } from '../../service';
import type { ServiceContext } from '../../serviceContext';

export class Input implements Service {
  readonly name = 'input';
  readonly methods = { 'runs.input': (request: Params<'runs.input'>) => this.send(request) };

  constructor(private readonly context: Pick<ServiceContext, 'ask' | 'follower' | 'runs'>) {}

  private async send({ run_id, data, worker }: Params<'runs.input'>): Promise<{ ok: true }> {
    checkOwner(this.context);
    const info = await this.context.ask('launchInfo', { run_id });
    const dir = this.context.runs.find(run_id);
    if ((info.status !== 'running' && !isScriptAlive(info)) || dir === null)
      throw userError('conflict', english`Run ${run_id} is not running, so it cannot read input.`, { field: 'run_id' });
    const pipe = openPipe(join(dir, `input-${worker ?? 'worker-0'}-${info.attempt}`), info);
    try {
      write(pipe, data, run_id);
    } finally {
      closeSync(pipe);
    }
    return { ok: true };
  }
}

function openPipe(path: string, { run_id, launch }: LaunchInfo): number {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  } catch {
    const how = launch?.tty
      ? 'its supervisor is gone, or runs on another machine'
      : 'it was launched without a terminal ("tty")';
    throw userError('invalid', english`Run ${run_id} reads no input: ${how}.`, { field: 'run_id' });
  }
}

function write(pipe: number, data: string, runId: string): void {
  if (!fstatSync(pipe).isFIFO()) throw userError('invalid', english`The input of run ${runId} is not a pipe.`);
  const bytes = Buffer.from(data);
  try {
    if (writeSync(pipe, bytes) === bytes.length) return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
  throw userError('unavailable', english`Run ${runId} does not read its input; the text sent before is still waiting.`);
}
