/** Moves old runs to the trash, and purges them from it, if a setting asks for it. The log lists these runs. */
import type { CollectorSettings } from '../../../../protocol/api';
import type { Service } from '../../service';
import type { ServiceContext } from '../../serviceContext';

type RetentionRules = NonNullable<CollectorSettings['retention']>;

const DAY_MS = 24 * 3600_000;
const EVERY_MS = 3600_000;
/** How long a run has to remain too old, by a monotonic clock, unless the rule's own time is shorter. */
const SURE_MS = 3600_000;
/** Keeps the next check from coming slightly too early. */
const SLACK_MS = 1_000;
/** The most runs that one check handles; the others wait for the next one. */
const AT_ONCE = 500;

/**
 * The time of day may be wrong by years when a machine starts. A run is only removed if a check a while ago also found it
 * too old.
 */
class Patience {
  private since = new Map<string, number>();

  /** Returns the runs that may be removed; the others have to be found again. */
  after(waitMs: number, found: string[], now: number): string[] {
    this.since = new Map(found.map((runId) => [runId, this.since.get(runId) ?? now]));
    return found.filter((runId) => now - this.since.get(runId)! >= waitMs);
  }
}

export class Retention implements Service {
  readonly name = 'retention';
  private rules: RetentionRules = { days: null, trash_days: null };
  private readonly old = new Patience();
  private readonly trashed = new Patience();
  private timer: NodeJS.Timeout | null = null;
  private checking: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: Pick<ServiceContext, 'ask' | 'appendEdit' | 'log'>,
    private readonly purge: (runIds: string[]) => Promise<{ deleted: string[] }>,
  ) {}

  configured({ retention }: Pick<CollectorSettings, 'retention'>): void {
    if (retention) this.setRules(retention);
  }

  /** Checks at once when the rules change, then every hour, or more often if a rule is shorter. */
  private setRules(rules: RetentionRules): void {
    const isSame = rules.days === this.rules.days && rules.trash_days === this.rules.trash_days;
    if (isSame) return;
    this.rules = rules;
    this.dispose();
    if (rules.days === null && rules.trash_days === null) return;
    const everyMs = Math.min(EVERY_MS, sureMs(rules.days), sureMs(rules.trash_days));
    this.timer = setInterval(() => void this.check(), everyMs + SLACK_MS);
    void this.check();
  }

  dispose(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
  }

  private check(): Promise<void> {
    this.checking = this.checking
      .then(() => this.apply(Date.now(), performance.now()))
      .catch((error: unknown) => this.context.log(`The search for old runs failed: ${String(error)}`));
    return this.checking;
  }

  /** `now`: the time of day, `monotonic`: `performance.now()`. */
  async apply(now: number, monotonic: number): Promise<void> {
    const { days, trash_days } = this.rules;
    const { ask, appendEdit, log } = this.context;
    const before = (limit: number | null): number | null => (limit === null ? null : now - limit * DAY_MS);
    const expiry = { endedBefore: before(days), trashedBefore: before(trash_days), limit: AT_ONCE };
    const expired = await ask('expired', expiry);
    const runs = this.old.after(sureMs(days), expired.runs, monotonic);
    for (const runId of runs) await appendEdit({ run_id: runId, deleted: true });
    if (runs.length > 0) log(`Moved to the trash, because they ended more than ${days} days ago: ${runs.join(', ')}`);
    const { deleted } = await this.purge(this.trashed.after(sureMs(trash_days), expired.trash, monotonic));
    if (deleted.length > 0)
      log(`Deleted for good, after more than ${trash_days} days in the trash: ${deleted.join(', ')}`);
  }
}

function sureMs(days: number | null): number {
  return days === null ? SURE_MS : Math.min(SURE_MS, days * DAY_MS);
}
