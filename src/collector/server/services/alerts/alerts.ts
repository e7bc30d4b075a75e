/** What follows when a rule comes true: it is in the run's journal, the run is stopped, a webhook is told. */
import type { Json } from '../../../../protocol/events';
import type { AlertedNotice, DueNotice } from '../../../contract/workerApi';
import type { Webhook } from '../webhook/webhook';

export interface AlertPorts {
  webhook: Pick<Webhook, 'tell'>;
  appendEvent(runId: string, attempt: number, t: string, p: Json): Promise<void>;
  stop(runId: string): Promise<unknown>;
  log(message: string): void;
}

export class Alerts {
  constructor(private readonly ports: AlertPorts) {}

  /** A rule came true. Everybody hears of it by the run's journal, as of those that scripts raise. */
  async raise({ run_id, attempt, rule, title, text }: DueNotice): Promise<void> {
    const { appendEvent, stop, log } = this.ports;
    const { level, when, hold_s } = rule;
    log(`Run ${run_id}: ${title}${rule.stop ? '; it is stopped' : ''}.`);
    try {
      const said = { title, text, level, rule: when, ...(hold_s !== undefined && { hold_s }), stops: rule.stop };
      await appendEvent(run_id, attempt, 'alert', { run_id, ...said });
    } catch (error) {
      log(`The alert of run ${run_id} cannot be journaled: ${String(error)}`);
    }
    if (rule.stop) await stop(run_id).catch((error: unknown) => log(`Stopping run ${run_id}: ${String(error)}`));
  }

  told({ alert, row }: AlertedNotice): void {
    this.ports.webhook.tell(alert, row);
  }
}
