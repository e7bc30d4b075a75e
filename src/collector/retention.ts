/** Old runs go to the trash, and out of it, by themselves, where a setting says so. What went is said in the log. */
import type { Trash } from './trash';
import type { WorkerMethod, WorkerMethods } from './workerApi';

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
/** At once; the rest has time until the next look. */
const AT_ONCE = 500;

export class Retention {
  private rules: RetentionRules = { days: null, trash_days: null };
  private timer: NodeJS.Timeout | null = null;
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly ports: RetentionPorts) {}

  /** Looks at once when the rules are new, then every hour. */
  set(rules: RetentionRules): void {
    const isSame = rules.days === this.rules.days && rules.trash_days === this.rules.trash_days;
    if (isSame) return;
    this.rules = rules;
    this.dispose();
    if (rules.days === null && rules.trash_days === null) return;
    this.timer = setInterval(() => void this.look(), EVERY_MS);
    void this.look();
  }

  dispose(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
  }

  private look(): Promise<void> {
    this.looking = this.looking
      .then(() => this.apply(Date.now()))
      .catch((error: unknown) => this.ports.log(`Looking for runs that are too old failed: ${String(error)}`));
    return this.looking;
  }

  async apply(now: number): Promise<void> {
    const { days, trash_days } = this.rules;
    const { call, log, trash, moveToTrash } = this.ports;
    const before = (limit: number | null): number | null => (limit === null ? null : now - limit * DAY_MS);
    const expiry = { endedBefore: before(days), trashedBefore: before(trash_days), limit: AT_ONCE };
    const expired = await call('expired', expiry);
    for (const runId of expired.runs) await moveToTrash(runId);
    if (expired.runs.length > 0)
      log(`Moved to the trash, because they ended more than ${days} days ago: ${expired.runs.join(', ')}`);
    const { deleted } = await trash.purge(expired.trash);
    if (deleted.length > 0)
      log(`Deleted for good, after more than ${trash_days} days in the trash: ${deleted.join(', ')}`);
  }
}
