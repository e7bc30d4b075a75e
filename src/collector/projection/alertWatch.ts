/** Finds rules that have come true and alerts that are new. It is called once a second for every open run. */
import { messageOf } from '../../base/unknown';
import { conditionOf, progressOf, type Condition } from '../../domain/alertRules';
import { MAX_TITLE } from '../../domain/run/events';
import type { AlertRule } from '../../protocol/events';
import type { Alert, RunRow } from '../../protocol/rows';

interface Watched {
  rule: AlertRule;
  condition: Condition;
  /** Epoch ms. The rule does not apply to runs that ended earlier. */
  since: number;
}

interface Seen {
  progress: string;
  /** The time since which each rule has held (`performance.now()`), by rule. */
  held: Map<string, number>;
  /** Attempt and rule of each alert that was raised here; the alert reaches the run's journals a moment later. */
  raised: Set<string>;
}

export interface DueAlert {
  rule: AlertRule;
  title: string;
  text: string;
}

export class AlertWatch {
  private rules: Watched[] = [];
  private readonly runs = new Map<string, Seen>();
  /** The number of each run's alerts that listeners have already been notified of. */
  private readonly notified = new Map<string, number>();
  private readonly started = Date.now();

  /** Returns a message for each invalid rule; those are left out. Rules that did not change keep their progress. */
  setRules(rules: readonly AlertRule[]): string[] {
    const problems: string[] = [];
    const before = new Map(this.rules.map((watched) => [keyOf(watched.rule), watched]));
    this.rules = rules.flatMap((rule) => {
      const known = before.get(keyOf(rule));
      if (known) return [known];
      try {
        return [{ rule, condition: conditionOf(rule), since: Date.now() }];
      } catch (error) {
        problems.push(`${JSON.stringify(rule.when)}: ${messageOf(error)}`);
        return [];
      }
    });
    return problems;
  }

  /** The rules that have just come true for a run, each at most once per attempt. `ms` is a monotonic clock. */
  due(row: RunRow, alerts: readonly Alert[], now: number, ms: number): DueAlert[] {
    if (this.rules.length === 0) return [];
    const seen = this.seen(row.run_id);
    const progress = progressOf(row);
    const moved = progress !== seen.progress;
    seen.progress = progress;
    return this.rules.flatMap(({ rule, condition, since }) => {
      const key = keyOf(rule);
      const id = `${row.attempt} ${key}`;
      if (row.ended !== null && row.ended < since) return [];
      if (!condition.holds(row, moved, now)) {
        seen.held.delete(key);
        return [];
      }
      const from = seen.held.get(key) ?? ms;
      seen.held.set(key, from);
      if (ms - from < (rule.hold_s ?? condition.hold_s) * 1000 || seen.raised.has(id)) return [];
      seen.raised.add(id);
      const title = rule.name || condition.title;
      if (alerts.some((alert) => alert.attempt === row.attempt && isOf(alert, rule, title, row))) return [];
      // A run that has ended in the meantime has nothing left to stop.
      const raised = row.ended === null ? rule : { ...rule, stop: false };
      return [{ rule: raised, title, text: condition.text(row) }];
    });
  }

  /** Alerts of a run that have not been reported yet. Those raised before this watch started count as reported. */
  news(run_id: string, alerts: readonly Alert[]): Alert[] {
    const notified = this.notified.get(run_id) ?? 0;
    if (alerts.length === notified) return [];
    this.notified.set(run_id, alerts.length);
    return alerts.slice(notified).filter(({ at }) => at >= this.started);
  }

  forget(run_id: string): void {
    this.runs.delete(run_id);
  }

  private seen(run_id: string): Seen {
    let seen = this.runs.get(run_id);
    if (!seen) this.runs.set(run_id, (seen = { progress: '', held: new Map(), raised: new Set() }));
    return seen;
  }
}

/** Two rules may share a condition: one warns, the other stops the run later. An alert belongs to only one of them. */
function isOf(alert: Alert, rule: AlertRule, title: string, { ended }: RunRow): boolean {
  const hasStopped = alert.stops === rule.stop || (rule.stop && ended !== null);
  const isAlike = alert.rule === rule.when && alert.hold_s === rule.hold_s && alert.level === rule.level;
  return isAlike && hasStopped && alert.title === title.slice(0, MAX_TITLE);
}

function keyOf(rule: AlertRule): string {
  return JSON.stringify([rule.when.trim(), rule.hold_s, rule.stop, rule.level, rule.name]);
}
