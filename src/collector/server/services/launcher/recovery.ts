/**
 * Resumes failed runs from their last checkpoint, as their launches ask for. The next attempt is journaled before its wait
 * begins, so that every client sees it, a stop can cancel it, and a successor of this collector can continue.
 */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../../../base/unknown';
import { isOver } from '../../../../domain/run/lifecycle';
import { hasCode } from '../../../../protocol/apiError';
import type { Json, Launch, Recovery as Policy } from '../../../../protocol/events';
import type { Status } from '../../../../protocol/rows';
import type { LaunchInfo } from '../../../contract/workerApi';
import { liveness } from '../../../files/processIdentity';
import type { ServiceContext } from '../../serviceContext';
import { newestIntact } from './checkpoints';
import { baseEnvironment } from './environment';
import type { Environment } from './interpreter';
import { withoutSecrets } from './program';
import type { RecoveryPlans } from './plans';

const POLL_MS = 300;
const LONGEST_BACKOFF_S = 3600;
/** A waiting attempt that has not begun by then is abandoned. */
const ORPHAN_MS = 60_000;

interface Starter {
  startNextAttempt(launch: Launch, env: Environment): Promise<void>;
  fail(runId: string, attempt: number, reason: string): Promise<void>;
}

export class Recovery {
  /** Whole environments, including the secrets, which are never written down. */
  private readonly environments = new Map<string, Environment>();
  private readonly waiting = new Map<string, NodeJS.Timeout>();
  private readonly deciding = new Set<string>();
  private disposed = false;

  constructor(
    private readonly context: ServiceContext,
    private readonly plans: RecoveryPlans,
    private readonly starter: Starter,
  ) {}

  /** Number of runs that will be resumed unless something prevents it. */
  get active(): number {
    return this.waiting.size + this.deciding.size;
  }

  /** Continues the recoveries that an earlier collector began. */
  start(): void {
    for (const { run_id } of this.plans.load())
      this.context.ask('launchInfo', { run_id }).then(
        ({ status }) => this.consider(run_id, status),
        // If the store cannot answer, the run's state stays unknown.
        (error: unknown) => (hasCode(error, 'unavailable') ? undefined : this.forget(run_id)),
      );
  }

  dispose(): void {
    this.disposed = true;
    for (const timer of this.waiting.values()) clearTimeout(timer);
  }

  started(launch: Launch, env: Environment): void {
    const { run_id, recovery } = launch;
    if (!recovery || recovery.policy === 'never') return this.forget(run_id);
    this.environments.set(run_id, env);
    this.plans.put(launch);
  }

  /** Called when a run's status changes, or is reported for the first time. */
  consider(runId: string, status: Status): void {
    if (this.disposed) return;
    if (status !== 'queued') this.clear(runId);
    if (status === 'queued') void this.wait(runId);
    else if (status === 'cancelled') this.forget(runId);
    else if (isOver(status) && this.plans.get(runId)) void this.decide(runId);
  }

  private async decide(runId: string): Promise<void> {
    if (this.deciding.has(runId)) return;
    this.deciding.add(runId);
    try {
      const plan = this.plans.get(runId);
      const info = await this.whenGone(runId);
      // The run may have been started by hand meanwhile.
      if (!info || this.plans.get(runId) !== plan || !plan?.recovery) return;
      if (info.status !== 'failed') return isOver(info.status) ? this.forget(runId) : undefined;
      if (!info.began && !this.cancelLaunch(runId, info.attempt)) return;
      const from = info.began ? newestIntact(info, info.attempt, plan.cwd) : (plan.from_checkpoint ?? null);
      const why = reasonNotToResume(info, plan.recovery, from);
      if (why !== null) {
        this.forget(runId);
        const message = `The run was not resumed automatically: ${why}.`;
        await this.context.appendEvent(runId, info.attempt, 'note', { run_id: runId, code: 'recovery', message });
        return;
      }
      const attempt = info.attempt + 1;
      const starts_at = Date.now() + backoff(plan.recovery, attempt) * 1000;
      const next: Launch = { ...plan, attempt, from_checkpoint: from, starts_at };
      await this.context.appendEvent(runId, attempt, 'launch', withoutSecrets(next) as unknown as Json);
      await this.wait(runId);
    } catch (error) {
      this.context.log(`Run ${runId} was not resumed automatically: ${messageOf(error)}`);
    } finally {
      this.deciding.delete(runId);
    }
  }

  /** Waits for the process, because a script may report its end, continue, and fail. Null if the run is not over. */
  private async whenGone(runId: string): Promise<LaunchInfo | null> {
    while (!this.disposed) {
      const info = await this.context.ask('launchInfo', { run_id: runId });
      if (!isOver(info.status)) return null;
      if (!info.processes.some(({ proc }) => liveness(proc) === 'alive')) {
        // The supervisor's end may have been read before the script's last events.
        await this.context.readJournals(runId);
        return this.context.ask('launchInfo', { run_id: runId });
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return null;
  }

  /** For a launch that has not begun: its supervisor may still be about to start, unless this comes first. */
  private cancelLaunch(runId: string, attempt: number): boolean {
    try {
      closeSync(openSync(join(this.context.runs.ensure(runId), `begun-${attempt}`), 'wx', 0o600));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  private async wait(runId: string): Promise<void> {
    if (this.waiting.has(runId)) return;
    const info = await this.context.ask('launchInfo', { run_id: runId });
    if (info.status !== 'queued' || info.starts_at === null || this.disposed || this.waiting.has(runId)) return;
    const plan = this.plans.get(runId);
    const left = info.starts_at - Date.now();
    const due = plan ? left : left + ORPHAN_MS;
    this.waiting.set(
      runId,
      setTimeout(() => void this.due(runId, info), Math.max(0, due)),
    );
  }

  private async due(runId: string, info: LaunchInfo): Promise<void> {
    this.waiting.delete(runId);
    const plan = this.plans.get(runId);
    try {
      if (plan) {
        const { attempt, launch } = info;
        const next: Launch = { ...plan, attempt, from_checkpoint: launch?.from_checkpoint ?? null };
        await this.starter.startNextAttempt(
          next,
          this.environments.get(runId) ?? { ...baseEnvironment(), ...plan.env },
        );
      } else if ((await this.context.ask('launchInfo', { run_id: runId })).starts_at === info.starts_at)
        await this.starter.fail(runId, info.attempt, 'The collector that would have resumed it is gone. Resume it');
    } catch (error) {
      this.context.log(`Run ${runId} was not resumed automatically: ${messageOf(error)}`);
    }
  }

  private clear(runId: string): void {
    clearTimeout(this.waiting.get(runId));
    this.waiting.delete(runId);
  }

  private forget(runId: string): void {
    this.clear(runId);
    this.environments.delete(runId);
    this.plans.remove(runId);
  }
}

function reasonNotToResume(info: LaunchInfo, policy: Policy, from: string | null): string | null {
  const made = info.attempt - policy.since + 1;
  if (made >= policy.max_attempts) return `the limit of ${policy.max_attempts} attempts is reached`;
  if (!info.began) return null;
  const logged = info.checkpoints.some(({ attempt }) => attempt === info.attempt);
  if (!logged) return `attempt ${info.attempt} logged no checkpoint to resume from`;
  return from === null ? `the checkpoints of attempt ${info.attempt} are gone or were changed` : null;
}

function backoff(policy: Policy, attempt: number): number {
  return Math.min(LONGEST_BACKOFF_S, policy.backoff_s * 2 ** Math.max(0, attempt - policy.since - 1));
}
