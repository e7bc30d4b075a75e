/** Old runs go to the trash, and out of it, by themselves, where a setting says so. What went is said in the log. */
import type { Trash } from '../trash/trash';
import type { WorkerMethod, WorkerMethods } from '../../../contract/workerApi';

/** Null: never. */
export interface RetentionRules {
  days: number | null;
  trash_days: number | null;
}

export interface RetentionPorts {
  trash: Pick<Trash, 'purge'>;
  call<M extends WorkerMethod>(method: M, params: WorkerMethods[M][0]): Promise<WorkerMethods[M][1]>;
  moveToTrash(runId: string): Promise<void>;
  log(message: string): void;
}

const DAY_MS = 24 * 3600_000;
const EVERY_MS = 3600_000;
/** By a clock that cannot be set: so long, or as long as the rule says where that is shorter. */
const SURE_MS = 3600_000;
/** So that the next look is not a hair too early. */
const SLACK_MS = 1_000;
/** At once; the rest has time until the next look. */
const AT_ONCE = 500;

/**
 * The time of day may be wrong when a machine starts, by years. Nothing goes that was not found too old by an earlier look
 * as well, a while ago.
 */
class Patience {
  private since = new Map<string, number>();

  /** Those that may go; the others have to be found again. */
  after(waitMs: number, found: string[], now: number): string[] {
    this.since = new Map(found.map((runId) => [runId, this.since.get(runId) ?? now]));
    return found.filter((runId) => now - this.since.get(runId)! >= waitMs);
  }
}

export class Retention {
  private rules: RetentionRules = { days: null, trash_days: null };
  private readonly old = new Patience();
  private readonly trashed = new Patience();
  private timer: NodeJS.Timeout | null = null;
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly ports: RetentionPorts) {}

  /** Looks at once when the rules are new, then every hour, or sooner where a rule is shorter. */
  set(rules: RetentionRules): void {
    const isSame = rules.days === this.rules.days && rules.trash_days === this.rules.trash_days;
    if (isSame) return;
    this.rules = rules;
    this.dispose();
    if (rules.days === null && rules.trash_days === null) return;
    const everyMs = Math.min(EVERY_MS, sureMs(rules.days), sureMs(rules.trash_days));
    this.timer = setInterval(() => void this.look(), everyMs + SLACK_MS);
    void this.look();
  }

  dispose(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
  }

  private look(): Promise<void> {
    this.looking = this.looking
      .then(() => this.apply(Date.now(), performance.now()))
      .catch((error: unknown) => this.ports.log(`Looking for runs that are too old failed: ${String(error)}`));
    return this.looking;
  }

  /** `now`: the time of day, `monotonic`: `performance.now()`. */
  async apply(now: number, monotonic: number): Promise<void> {
    const { days, trash_days } = this.rules;
    const { call, log, trash, moveToTrash } = this.ports;
    const before = (limit: number | null): number | null => (limit === null ? null : now - limit * DAY_MS);
    const expiry = { endedBefore: before(days), trashedBefore: before(trash_days), limit: AT_ONCE };
    const expired = await call('expired', expiry);
    const runs = this.old.after(sureMs(days), expired.runs, monotonic);
    for (const runId of runs) await moveToTrash(runId);
    if (runs.length > 0) log(`Moved to the trash, because they ended more than ${days} days ago: ${runs.join(', ')}`);
    const { deleted } = await trash.purge(this.trashed.after(sureMs(trash_days), expired.trash, monotonic));
    if (deleted.length > 0)
      log(`Deleted for good, after more than ${trash_days} days in the trash: ${deleted.join(', ')}`);
  }
}

function sureMs(days: number | null): number {
  return days === null ? SURE_MS : Math.min(SURE_MS, days * DAY_MS);
}
