/** Launches runs, resumes them and runs them again: validates the request, journals it, and starts the supervisor. */
import { english } from '../../../../base/texts';
import { messageOf } from '../../../../base/unknown';
import { isAlive } from '../../../../domain/run/lifecycle';
import type { AgainRequest, LaunchRequest, ResumeRequest } from '../../../../protocol/api';
import { userError } from '../../../../protocol/apiError';
import type { Json, Launch, Recovery, RunEnd } from '../../../../protocol/events';
import type { Launched } from '../../../../protocol/rows';
import type { LaunchInfo } from '../../../contract/workerApi';
import { endsWithin } from '../../processLiveness';
import { checkOwner } from '../../runAccess';
import type { ServiceContext } from '../../serviceContext';
import { checkpointPath } from './checkpoints';
import { baseEnvironment, recordable, SecretVariables, withheld } from './environment';
import { checkInterpreter, resolveInterpreter, type Environment } from './interpreter';
import {
  checkFolder,
  checkProgram,
  checkScript,
  commandOf,
  newRunId,
  whatRan,
  withArguments,
  withoutSecrets,
} from './program';
import { SecretArguments } from './secrets';
import { startSupervisor } from './supervisor';

const MAX_ATTEMPTS = 3;
const BACKOFF_S = 10;
const LAST_WORDS_MS = 3_000;

export class Launcher {
  /** Live supervisors that were started here, by run. */
  private readonly supervisors = new Map<string, { attempt: number; pid: number }>();
  private readonly starting = new Set<string>();
  private readonly secrets = new SecretArguments();
  private readonly variables = new SecretVariables();

  constructor(
    private readonly context: ServiceContext,
    /** Called when a run was started, with its whole environment. */
    private readonly onStarted: (launch: Launch, env: Environment) => void,
  ) {}

  get active(): number {
    return this.supervisors.size;
  }

  /** The pid of the attempt's supervisor; null if it was not started here, or has ended. */
  supervisorOf(runId: string, attempt: number): number | null {
    const supervisor = this.supervisors.get(runId);
    return supervisor?.attempt === attempt ? supervisor.pid : null;
  }

  async launch(request: LaunchRequest): Promise<Launched> {
    checkOwner(this.context);
    const { target, args = [], cwd } = request;
    checkFolder(cwd);
    if (request.backend !== undefined && request.backend !== 'local')
      throw userError('invalid', english`There is no backend ${JSON.stringify(request.backend)}; use "local".`, {
        field: 'backend',
      });
    if ('script' in target) checkScript(target.script, cwd, 'target.script');
    const env = { ...baseEnvironment(), ...request.env };
    const isCommand = 'argv' in target;
    if (isCommand && request.debugger !== undefined)
      throw userError('invalid', english`Only a Python script or module can be debugged, not a command.`, {
        field: 'debugger',
      });
    const python = resolveInterpreter(isCommand ? 'python3' : (request.interpreter ?? 'python3'), cwd, env);
    await checkInterpreter(python, cwd, env);
    const launch: Launch = {
      run_id: newRunId(),
      attempt: 1,
      argv: commandOf(target, args),
      interpreter: isCommand ? null : python,
      cwd,
      env: recordable(request.env, baseEnvironment()),
      withheld: withheld(request.env, baseEnvironment()),
      name: request.name ?? null,
      experiment: request.experiment ?? null,
      tags: request.tags ?? {},
      tty: request.tty ?? false,
      from_checkpoint: null,
      recovery: recoveryOf(request),
      workers: request.workers ?? 1,
    };
    return this.start(launch, python, env, request.debugger);
  }

  async resume(request: ResumeRequest): Promise<Launched> {
    const { run_id, checkpoint = 'last', changed_ok = false } = request;
    return this.once(run_id, async () => {
      const info = await this.context.ask('launchInfo', { run_id });
      if (info.starts_at !== null) throw waits(run_id, info.starts_at);
      if (isAlive(info.status)) throw isRunning(run_id);
      if (!(await endsWithin(LAST_WORDS_MS, info))) throw stillRuns(run_id);
      const again = this.whatRan(info);
      const attempt = info.attempt + 1;
      const recovery = again.recovery && { ...again.recovery, since: attempt };
      const from_checkpoint = checkpointPath(info, checkpoint, again.cwd, changed_ok);
      const launch = { ...again, run_id, attempt, from_checkpoint, ...(recovery && { recovery }) };
      return this.startAgain(launch, run_id, request);
    });
  }

  /** Runs another run's program again as a new run; with a checkpoint of that run it becomes its child. */
  async again(request: AgainRequest): Promise<Launched> {
    checkOwner(this.context);
    const { run_id, args, checkpoint = 'none', changed_ok = false } = request;
    const info = await this.context.ask('launchInfo', { run_id });
    const again = this.whatRan(info);
    const launch: Launch = {
      ...again,
      ...(args && { argv: withArguments(again, this.secrets.restored(run_id, args)) }),
      ...(request.name !== undefined && { name: request.name }),
      tags: { ...again.tags, ...request.tags },
      run_id: newRunId(),
      attempt: 1,
      parent: checkpoint === 'none' ? null : run_id,
      from_checkpoint: checkpointPath(info, checkpoint, again.cwd, changed_ok),
      ...(again.recovery && { recovery: { ...again.recovery, since: 1 } }),
    };
    return this.startAgain(launch, run_id, request);
  }

  /** Starts the next attempt, which recovery has journaled, once its time has come. */
  async startNextAttempt(launch: Launch, env: Environment): Promise<void> {
    await this.once(launch.run_id, async () => {
      const { status, starts_at, attempt } = await this.context.ask('launchInfo', { run_id: launch.run_id });
      if (status !== 'queued' || starts_at === null || attempt !== launch.attempt) return;
      const python = resolveInterpreter(launch.interpreter ?? 'python3', launch.cwd, env);
      try {
        checkProgram(launch);
        await checkInterpreter(python, launch.cwd, env);
      } catch (error) {
        return this.fail(launch.run_id, attempt, messageOf(error));
      }
      await this.start(launch, python, env).catch((error: unknown) => this.context.log(String(error)));
    });
  }

  async fail(run_id: string, attempt: number, reason: string): Promise<void> {
    const end: RunEnd = {
      run_id,
      status: 'failed',
      error: { type: 'LaunchFailed', message: reason },
      exit: { reason },
    };
    try {
      await this.context.appendEvent(run_id, attempt, 'run_end', end as unknown as Json);
    } catch (error) {
      this.context.log(`The end of run ${run_id} could not be journaled: ${String(error)}`);
    }
  }

  /** Of two simultaneous clicks, the second finds the run running or an entry in this set. */
  private async once<T>(runId: string, start: () => Promise<T>): Promise<T> {
    checkOwner(this.context);
    if (this.starting.has(runId)) throw isRunning(runId);
    this.starting.add(runId);
    try {
      return await start();
    } finally {
      this.starting.delete(runId);
    }
  }

  private async startAgain(
    launch: Launch,
    before: string,
    { env: given, interpreter }: Pick<ResumeRequest, 'env' | 'interpreter'>,
  ): Promise<Launched> {
    checkProgram(launch);
    const base = baseEnvironment();
    const asked = { ...launch.env, ...this.variables.of(before), ...given };
    const env = { ...base, ...asked };
    const python = resolveInterpreter(interpreter ?? launch.interpreter ?? 'python3', launch.cwd, env);
    await checkInterpreter(python, launch.cwd, env);
    // The value comes from a journal, which may be forged.
    const known = Array.isArray(launch.withheld) ? launch.withheld.map(String) : [];
    const names = [...new Set([...known, ...withheld(asked, base)])];
    const next: Launch = { ...launch, env: recordable(asked, base), withheld: names };
    return this.start({ ...next, interpreter: launch.interpreter === null ? null : python }, python, env);
  }

  /** The launch is recorded without its debugger, because a resumed run must not wait for one. */
  private async start(launch: Launch, python: string, env: Environment, debuggerPath?: string): Promise<Launched> {
    const { run_id, attempt } = launch;
    const runDir = this.context.runs.ensure(run_id);
    // This comes first, so that the successor of a collector that is killed after it can continue.
    this.onStarted(launch, env);
    this.secrets.keep(run_id, launch.argv);
    this.variables.keep(run_id, launch.withheld ?? [], env);
    await this.context.appendEvent(run_id, attempt, 'launch', withoutSecrets(launch) as unknown as Json);
    await this.noteMissing(launch, env);
    try {
      const supervised = await startSupervisor(launch, python, env, runDir, this.context, debuggerPath);
      this.supervisors.set(run_id, { attempt, pid: supervised.pid });
      void supervised.ended.then((reason) => this.supervisorEnded(launch, supervised.pid, reason));
    } catch (error) {
      const reason = `${python} does not start: ${messageOf(error)}`;
      await this.fail(run_id, attempt, reason);
      throw userError('invalid', english`Run ${run_id} was not started: ${reason}.`, {
        field: 'interpreter',
        interpreter: python,
      });
    }
    return { run_id, attempt, status: 'queued' };
  }

  /** Warns about missing secrets, which a later collector does not inherit from an earlier one. */
  private async noteMissing({ run_id, attempt, withheld: names = [] }: Launch, env: Environment): Promise<void> {
    const missing = names.filter((name) => env[name] === undefined);
    if (missing.length === 0) return;
    const message = `Attempt ${attempt} was started without ${missing.join(', ')}, because values that look like secrets are not stored. If the script needs them, launch it again, or set them in the environment of the editor.`;
    this.context.log(`Run ${run_id}: ${message}`);
    await this.context.appendEvent(run_id, attempt, 'note', { run_id, code: 'environment', message });
  }

  private async supervisorEnded(launch: Launch, pid: number, reason: string | null): Promise<void> {
    if (this.supervisors.get(launch.run_id)?.pid === pid) this.supervisors.delete(launch.run_id);
    if (reason !== null) await this.fail(launch.run_id, launch.attempt, reason);
  }

  private whatRan(info: LaunchInfo): ReturnType<typeof whatRan> {
    const again = whatRan(info);
    return { ...again, argv: this.secrets.restored(info.run_id, again.argv) };
  }
}

function recoveryOf({ recovery }: LaunchRequest): Recovery | null {
  if (!recovery || recovery.policy === 'never') return null;
  const { policy, max_attempts = MAX_ATTEMPTS, backoff_s = BACKOFF_S } = recovery;
  return { policy, max_attempts, backoff_s, since: 1 };
}

function isRunning(runId: string): Error {
  return userError('conflict', english`Run ${runId} is running. Stop it before resuming it.`, { field: 'run_id' });
}

function stillRuns(runId: string): Error {
  return userError(
    'conflict',
    english`Run ${runId} has reported its end, but its script is still running. Let it end, or stop it, before resuming it.`,
    { field: 'run_id' },
  );
}

function waits(runId: string, at: number): Error {
  const time = new Date(at).toLocaleTimeString();
  return userError('conflict', english`Run ${runId} will resume automatically at ${time}. Stop it to cancel that.`, {
    field: 'run_id',
  });
}
