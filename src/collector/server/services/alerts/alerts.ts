/** Acts on a rule whose condition is met: journals the alert, and stops the run if the rule asks for it. */
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

  /** Runs that are still being watched are left to the next collector. */
  dispose(): void {
    this.disposed = true;
  }

  /** Windows and the webhook get the alert from the run's journal, like alerts from scripts. */
  private async raise({ run_id, attempt, rule, title, text }: DueNotice): Promise<void> {
    const { appendEvent, log } = this.context;
    const { level, when, hold_s } = rule;
    log(`Run ${run_id}: ${title}${rule.stop ? '; stopping the run' : ''}.`);
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
