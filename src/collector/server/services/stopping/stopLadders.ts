/**
 * Stops a run: first by a command to the script, then by SIGINT, SIGTERM and SIGKILL to its process group. A second call
 * skips a rung. Each rung is journaled, so that every client sees it and a successor of this collector can continue.
 */
import { randomBytes } from 'node:crypto';
import { english } from '../../../../base/texts';
import { messageOf } from '../../../../base/unknown';
import { isOver } from '../../../../domain/run/lifecycle';
import { userError } from '../../../../protocol/apiError';
import type { Params } from '../../../../protocol/api';
import type { StopResult } from '../../../../protocol/rows';
import type { LaunchInfo, RunProcess, StatusNotice } from '../../../contract/workerApi';
import { groupOf, liveness } from '../../../files/processIdentity';
import { endsWithin, isScriptAlive } from '../../processLiveness';
import { checkOwner } from '../../runAccess';
import type { Service } from '../../service';
import type { ServiceContext } from '../../serviceContext';

const POLL_MS = 200;
const ACK_WAIT_MS = 2_000;
const RUNG_MS = 10_000;
/** Calls within this time count as one, because a double click, or two people at once, do not mean to skip a rung. */
const AT_ONCE_MS = 400;
const LAST_WORDS_MS = 1_000;

type Stage = 'command' | 'int' | 'term' | 'kill';
const NEXT: Record<Stage, Stage | null> = { command: 'int', int: 'term', term: 'kill', kill: null };
const SIGNALS = { int: 'SIGINT', term: 'SIGTERM', kill: 'SIGKILL' } as const;

interface Ladder {
  stage: Stage;
  attempt: number;
  commandId: string;
  /** Epoch ms of the next rung; null if there is none. */
  nextAt: number | null;
  acked: boolean;
  /** When the ladder was started here (`performance.now()`). */
  startedAt: number;
}

export class StopLadders implements Service {
  readonly name = 'stopping';
  readonly methods = { 'runs.stop': ({ run_id }: Params<'runs.stop'>) => this.stop(run_id) };
  private readonly ladders = new Map<string, Ladder>();
  private disposed = false;

  constructor(
    private readonly context: ServiceContext,
    /** The pid of the supervisor of an attempt that was launched here, even before its first sign of life. */
    private readonly supervisorOf: (runId: string, attempt: number) => number | null,
  ) {}

  get active(): boolean {
    return this.ladders.size > 0;
  }

  dispose(): void {
    this.disposed = true;
  }

  async stop(runId: string): Promise<StopResult> {
    checkOwner(this.context);
    const info = await this.context.ask('launchInfo', { run_id: runId });
    if (await this.isOver(runId, info)) return { stage: 'ended', next_at: null };
    if (info.imported)
      throw userError('conflict', english`The imported run ${runId} cannot be stopped here. Stop it where it runs.`);
    const ladder = this.ladders.get(runId);
    if (ladder && performance.now() - ladder.startedAt < AT_ONCE_MS)
      return { stage: ladder.stage, next_at: ladder.nextAt };
    if (ladder) {
      await this.climb(runId, ladder, info);
      return { stage: ladder.stage, next_at: ladder.nextAt };
    }
    return this.begin(runId, info);
  }

  /** A script that has just reported its end is left to end; if it keeps running it is stopped as well. */
  private async isOver(runId: string, info: LaunchInfo): Promise<boolean> {
    if (!isOver(info.status)) return false;
    return this.ladders.has(runId) ? !isScriptAlive(info) : endsWithin(LAST_WORDS_MS, info);
  }

  /** Continues a stop that an earlier collector may have started. */
  runChanged({ run_id: runId, status }: StatusNotice): void {
    if (!this.disposed && !isOver(status) && !this.ladders.has(runId))
      this.continueLadder(runId).catch((error: unknown) => this.context.log(`Stopping run ${runId}: ${String(error)}`));
  }

  private async continueLadder(runId: string): Promise<void> {
    const { stop, attempt, status, imported } = await this.context.ask('launchInfo', { run_id: runId });
    if (!stop || imported || isOver(status) || this.ladders.has(runId) || this.disposed) return;
    const { stage, cmd_id, next_at } = stop;
    const ladder: Ladder = { stage, attempt, commandId: cmd_id, nextAt: next_at, acked: false, startedAt: -Infinity };
    this.ladders.set(runId, ladder);
    void this.watch(runId, ladder);
  }

  private async begin(runId: string, info: LaunchInfo): Promise<StopResult> {
    const commandId = `stop-${randomBytes(6).toString('hex')}`;
    const { attempt } = info;
    const ladder: Ladder = {
      stage: 'command',
      attempt,
      commandId,
      nextAt: Date.now() + ACK_WAIT_MS,
      acked: false,
      startedAt: performance.now(),
    };
    this.ladders.set(runId, ladder);
    try {
      await this.context.appendCommand(runId, { cmd_id: commandId, type: 'stop', payload: {}, attempt });
      await this.record(runId, ladder);
      // A waiting attempt is cancelled at once.
      if (info.starts_at !== null && (await this.endNeverStarted(runId, ladder, info))) {
        this.ladders.delete(runId);
        return { stage: 'ended', next_at: null };
      }
    } catch (error) {
      this.ladders.delete(runId);
      throw error;
    }
    void this.watch(runId, ladder);
    return { stage: 'command', next_at: ladder.nextAt };
  }

  private async watch(runId: string, ladder: Ladder): Promise<void> {
    try {
      while (!this.disposed) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        const info = await this.context.ask('launchInfo', { run_id: runId });
        if ((info.imported || isOver(info.status)) && !isScriptAlive(info)) break;
        if (ladder.stage === 'command') await this.readAcks(runId, ladder);
        if (ladder.nextAt !== null && Date.now() >= ladder.nextAt) await this.climb(runId, ladder, info);
        if (await this.endNeverStarted(runId, ladder, info)) break;
      }
    } catch (error) {
      this.context.log(`Gave up stopping run ${runId}: ${messageOf(error)}`);
    } finally {
      this.ladders.delete(runId);
    }
  }

  /** A script that received the command gets time to end by itself; one that cannot receive it is signalled at once. */
  private async readAcks(runId: string, ladder: Ladder): Promise<void> {
    const { commands } = await this.context.ask('runs.get', { run_id: runId });
    const acks = commands.find(({ cmd_id }) => cmd_id === ladder.commandId)?.acks ?? [];
    if (acks.length === 0 || ladder.nextAt === null) return;
    const heard = acks.some(({ status }) => status === 'received' || status === 'done');
    if (!heard) ladder.nextAt = Date.now();
    else if (!ladder.acked) {
      ladder.acked = true;
      ladder.nextAt = Date.now() + RUNG_MS;
      await this.record(runId, ladder);
    }
  }

  private async climb(runId: string, ladder: Ladder, info: LaunchInfo): Promise<void> {
    const stage = NEXT[ladder.stage];
    if (stage === null || stage === 'command') return;
    const targets = this.targets(runId, info);
    if (targets.length === 0) {
      // The script is on another host, and reads the command when it can.
      ladder.nextAt = null;
      return this.record(runId, ladder);
    }
    ladder.stage = stage;
    ladder.nextAt = NEXT[stage] === null ? null : Date.now() + RUNG_MS;
    for (const target of targets) this.signal(runId, target, SIGNALS[stage]);
    await this.record(runId, ladder);
  }

  /** Journals a rung. A full disk must not keep a run from being stopped. */
  private async record(run_id: string, { attempt, commandId, stage, nextAt }: Ladder): Promise<void> {
    try {
      await this.context.appendEvent(run_id, attempt, 'stop', {
        run_id,
        attempt,
        cmd_id: commandId,
        stage,
        next_at: nextAt,
      });
    } catch (error) {
      this.context.log(`The stop of run ${run_id} cannot be journaled: ${String(error)}`);
    }
  }

  /** The pids to signal, negative for groups. Only processes of this host whose identity is certain are signalled. */
  private targets(runId: string, info: LaunchInfo): number[] {
    const alive = info.processes.filter(({ proc }) => liveness(proc) === 'alive');
    const scripts = alive.filter(({ role }) => role === 'script');
    if (scripts.length > 0) return [...new Set(scripts.map(targetOf))];
    const supervisor = this.supervisorOf(runId, info.attempt);
    return supervisor === null
      ? alive.filter(({ role }) => role === 'supervisor').map(({ proc }) => proc.pid)
      : [supervisor];
  }

  private signal(runId: string, target: number, signal: NodeJS.Signals): void {
    try {
      process.kill(target, signal);
    } catch (error) {
      // ESRCH: the process has just ended.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH')
        this.context.log(`${signal} to process ${target} of run ${runId} failed: ${String(error)}`);
    }
  }

  /** Ends a run that was stopped before any of its processes started, because no other writer would record its end. */
  private async endNeverStarted(runId: string, ladder: Ladder, info: LaunchInfo): Promise<boolean> {
    const waited = ladder.nextAt === null || ladder.stage !== 'command' || info.starts_at !== null;
    if (info.status !== 'queued' || !waited || info.processes.length > 0) return false;
    // An earlier attempt's supervisor may still be on its way out: it says nothing about this one.
    if (this.supervisorOf(runId, info.attempt) !== null) return false;
    await this.context.appendEvent(runId, info.attempt, 'run_end', {
      run_id: runId,
      status: 'killed',
      exit: { reason: 'stopped before it started' },
    });
    return true;
  }
}

/** Targets the group if the process leads it or its supervisor made it, else only the process, to spare others in its terminal. */
function targetOf({ proc, pgid }: RunProcess): number {
  const group = groupOf(proc.pid);
  return group !== null && group > 1 && (group === proc.pid || group === pgid) ? -group : proc.pid;
}
