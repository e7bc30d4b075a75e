/** What follows when a rule comes true: the alert is journaled, and the run is stopped where the rule says so. */
import { messageOf } from '../../../../base/unknown';
import type { DueNotice } from '../../../contract/workerApi';
import type { Service } from '../../service';
import type { ServiceContext } from '../../serviceContext';

export class Alerts implements Service {
  readonly name = 'alerts';
  private disposed = false;

  constructor(
    private readonly context: Pick<ServiceContext, 'appendEvent' | 'log'>,
    private readonly stop: (runId: string) => Promise<unknown>,
  ) {}

  alertDue(notice: DueNotice): void {
    if (!this.disposed) void this.raise(notice);
  }

  /** Runs that are still watched are the next collector's. */
  dispose(): void {
    this.disposed = true;
  }

  /** Windows and the webhook learn of it from the run's journal, as of the alerts that scripts raise. */
  private async raise({ run_id, attempt, rule, title, text }: DueNotice): Promise<void> {
    const { appendEvent, log } = this.context;
    const { level, when, hold_s } = rule;
    log(`Run ${run_id}: ${title}${rule.stop ? '; it is stopped' : ''}.`);
    try {
      const alert = { title, text, level, rule: when, ...(hold_s !== undefined && { hold_s }), stops: rule.stop };
      await appendEvent(run_id, attempt, 'alert', { run_id, ...alert });
    } catch (error) {
      log(`The alert of run ${run_id} cannot be journaled: ${messageOf(error)}`);
    }
    if (rule.stop)
      await this.stop(run_id).catch((error: unknown) => log(`Stopping run ${run_id}: ${messageOf(error)}`));
  }
}
