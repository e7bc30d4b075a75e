/** Input for a script that was launched with a terminal: its supervisor reads it from a named pipe in the run's directory. */
import { closeSync, constants, fstatSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { english } from '../../../../base/texts';
import { userError } from '../../../../protocol/api';
import type { LauncherPorts } from './launcherPorts';
import { livesOn } from './living';

export async function sendInput(ports: LauncherPorts, runId: string, data: string, worker?: string): Promise<void> {
  if (ports.follower !== null) throw userError('follower', ports.follower);
  const info = await ports.launchInfo(runId);
  const { attempt, launch, status } = info;
  const dir = ports.runs.find(runId);
  if ((status !== 'running' && !livesOn(info, ports)) || dir === null)
    throw userError('conflict', english`Run ${runId} is not running, so nobody reads input.`, { field: 'run_id' });
  let pipe: number;
  try {
    const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
    pipe = openSync(join(dir, `input-${worker ?? 'worker-0'}-${attempt}`), flags);
  } catch {
    const how = launch?.tty
      ? 'its supervisor is gone, or on another machine'
      : 'it was launched without a terminal ("tty")';
    throw userError('invalid', english`Run ${runId} reads no input: ${how}.`, { field: 'run_id' });
  }
  try {
    if (!fstatSync(pipe).isFIFO()) throw userError('invalid', english`The input of run ${runId} is no pipe.`);
    const bytes = Buffer.from(data);
    if (writeSync(pipe, bytes) < bytes.length) throw Object.assign(new Error(), { code: 'EAGAIN' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    throw userError(
      'unavailable',
      english`Run ${runId} does not read its input; what was sent before is still waiting.`,
    );
  } finally {
    closeSync(pipe);
  }
}
