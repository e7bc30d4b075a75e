/** Launching and resuming: checks what was asked for, journals it, and starts the supervisor. */
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { userError, type LaunchRequest, type ResumeRequest } from '../../protocol/api';
import type { Launch, RunEnd } from '../../protocol/events';
import type { Checkpoint, Launched } from '../../protocol/rows';
import type { LaunchInfo } from '../workerApi';
import { baseEnvironment, recordable } from './environment';
import { checkInterpreter, resolveInterpreter, type Environment } from './interpreter';
import type { LauncherPorts } from './launcherPorts';
import { startSupervisor } from './supervisor';

export class Launcher {
  /** Supervisors that were started here and live, by run. */
  private readonly supervisors = new Map<string, number>();
  private readonly resuming = new Set<string>();

  constructor(private readonly ports: LauncherPorts) {}

  get active(): number {
    return this.supervisors.size;
  }

  /** Null where the supervisor of the run was not started here, or has ended. */
  supervisorOf(runId: string): number | null {
    return this.supervisors.get(runId) ?? null;
  }

  async launch(request: LaunchRequest): Promise<Launched> {
    this.refuseFollower();
    const { target, args = [], cwd } = request;
    checkFolder(cwd);
    if (request.backend !== undefined && request.backend !== 'local')
      throw userError('invalid', `There is no backend ${JSON.stringify(request.backend)}; use "local".`, {
        field: 'backend',
      });
    if ('script' in target) checkScript(target.script, cwd, 'target.script');
    const env = { ...baseEnvironment(), ...request.env };
    const isCommand = 'argv' in target;
    const python = resolveInterpreter(isCommand ? 'python3' : (request.interpreter ?? 'python3'), cwd, env);
    await checkInterpreter(python, cwd, env);
    const argv = isCommand
      ? [...target.argv, ...args]
      : 'script' in target
        ? [target.script, ...args]
        : ['-m', target.module, ...args];
    const launch: Launch = {
      run_id: newRunId(),
      attempt: 1,
      argv,
      interpreter: isCommand ? null : python,
      cwd,
      env: recordable(request.env, baseEnvironment()),
      name: request.name ?? null,
      experiment: request.experiment ?? null,
      tags: request.tags ?? {},
      tty: request.tty ?? false,
      from_checkpoint: null,
    };
    return this.start(launch, python, env);
  }

  async resume(request: ResumeRequest): Promise<Launched> {
    this.refuseFollower();
    const { run_id } = request;
    // Two clicks at once: the second finds the run running, or this.
    if (this.resuming.has(run_id)) throw isRunning(run_id);
    this.resuming.add(run_id);
    try {
      const info = await this.ports.launchInfo(run_id);
      if (info.status === 'running' || info.status === 'queued') throw isRunning(run_id);
      const again = whatRan(info);
      checkFolder(again.cwd);
      const first = again.argv[0];
      if (again.interpreter !== null && first !== '-m') checkScript(first ?? '', again.cwd, 'run_id');
      const env = { ...baseEnvironment(), ...info.launch?.env, ...request.env };
      const python = resolveInterpreter(request.interpreter ?? again.interpreter ?? 'python3', again.cwd, env);
      await checkInterpreter(python, again.cwd, env);
      const launch: Launch = {
        ...again,
        run_id,
        attempt: info.attempt + 1,
        interpreter: again.interpreter === null ? null : python,
        env: recordable({ ...info.launch?.env, ...request.env }, baseEnvironment()),
        from_checkpoint: checkpointPath(info, request.checkpoint ?? 'last', again.cwd),
      };
      return await this.start(launch, python, env);
    } finally {
      this.resuming.delete(run_id);
    }
  }

  private async start(launch: Launch, python: string, env: Environment): Promise<Launched> {
    const { run_id, attempt } = launch;
    const runDir = this.ports.runs.ensure(run_id);
    await this.ports.appendEvent(run_id, attempt, 'launch', { ...launch, env: { ...launch.env } });
    try {
      const supervised = await startSupervisor(launch, python, env, runDir, this.ports);
      this.supervisors.set(run_id, supervised.pid);
      void supervised.ended.then((reason) => this.supervisorEnded(launch, supervised.pid, reason));
    } catch (error) {
      const reason = `${python} does not start: ${error instanceof Error ? error.message : String(error)}`;
      await this.fail(run_id, attempt, reason);
      throw userError('invalid', `Run ${run_id} was not started: ${reason}.`, { field: 'interpreter' });
    }
    return { run_id, attempt, status: 'queued' };
  }

  private async supervisorEnded(launch: Launch, pid: number, reason: string | null): Promise<void> {
    if (this.supervisors.get(launch.run_id) === pid) this.supervisors.delete(launch.run_id);
    if (reason !== null) await this.fail(launch.run_id, launch.attempt, reason);
  }

  private async fail(run_id: string, attempt: number, reason: string): Promise<void> {
    const end: RunEnd = {
      run_id,
      status: 'failed',
      error: { type: 'LaunchFailed', message: reason },
      exit: { reason },
    };
    try {
      await this.ports.appendEvent(run_id, attempt, 'run_end', { ...end, error: { ...end.error }, exit: { reason } });
    } catch (error) {
      this.ports.log(`The end of run ${run_id} could not be journaled: ${String(error)}`);
    }
  }

  private refuseFollower(): void {
    if (this.ports.follower !== null) throw userError('follower', this.ports.follower);
  }
}

function isRunning(runId: string): Error {
  return userError('conflict', `Run ${runId} is running. Stop it before resuming it.`, { field: 'run_id' });
}

/** By the launch that we journaled, else by what the script's own run_start said. */
function whatRan({ run_id, launch, source }: LaunchInfo): Omit<Launch, 'run_id' | 'attempt'> {
  if (launch) return launch;
  if (!source.argv?.length || !source.cwd)
    throw userError(
      'invalid',
      `Run ${run_id} did not record how it was started, so it cannot be started again from here.`,
      { field: 'run_id' },
    );
  return { argv: source.argv, interpreter: source.interpreter ?? 'python3', cwd: source.cwd, env: {} };
}

/** Null for "none": from the beginning. */
function checkpointPath(info: LaunchInfo, wanted: string, cwd: string): string | null {
  if (wanted === 'none') return null;
  const found = findCheckpoint(info.checkpoints, wanted);
  if (!found) {
    const hint = 'To start it from the beginning in a new attempt, pass checkpoint "none".';
    const message =
      info.checkpoints.length === 0
        ? `No checkpoint was logged in run ${info.run_id}. ${hint}`
        : `Run ${info.run_id} has no checkpoint ${JSON.stringify(wanted)}. ${hint}`;
    throw userError('invalid', message, { field: 'checkpoint' });
  }
  const path = found.file ?? resolve(cwd, found.path);
  if (!statSync(path, { throwIfNoEntry: false }))
    throw userError('invalid', `The checkpoint ${path} is not there any more. Choose another one.`, {
      field: 'checkpoint',
    });
  return path;
}

function findCheckpoint(checkpoints: Checkpoint[], wanted: string): Checkpoint | undefined {
  const newest = (of: Checkpoint[]) =>
    of.reduce<Checkpoint | undefined>((best, each) => (best && best.at > each.at ? best : each), undefined);
  if (wanted === 'last') return newest(checkpoints);
  if (wanted === 'best') return newest(checkpoints.filter((each) => each.is_best));
  return checkpoints.find((each) => each.id === wanted);
}

function checkFolder(cwd: string): void {
  if (!isAbsolute(cwd) || !statSync(cwd, { throwIfNoEntry: false })?.isDirectory())
    throw userError('invalid', `The working directory ${cwd} is not there or is no folder.`, { field: 'cwd' });
}

function checkScript(script: string, cwd: string, field: string): void {
  const path = resolve(cwd, script);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat)
    throw userError('invalid', `The script ${path} does not exist. Save it, or choose another one.`, { field });
  if (!stat.isFile()) throw userError('invalid', `${path} is no file. Choose a Python script.`, { field });
}

/** Sorts by time, and is told apart from others of the same second. */
function newRunId(): string {
  const [date = '', time = ''] = new Date().toISOString().replace(/[-:]/g, '').split(/[T.]/);
  return `${date}-${time}-${randomBytes(3).toString('hex')}`;
}
