/** Runs of one colour are told apart by dashes; a line whose colour no other run has is solid. */
import type { PanelRun } from '../../src/protocol/panel';
import { DASHES } from '../shared/theme';

export class RunDashes {
  /** A run keeps its dash: no line changes because another run appears or goes. */
  private readonly given = new Map<string, number>();

  apply(runs: readonly PanelRun[]): PanelRun[] {
    const used = new Map<number, number[]>();
    const take = (run: PanelRun, dash: number): void => {
      this.given.set(run.row.run_id, dash);
      used.set(run.color, [...(used.get(run.color) ?? []), dash]);
    };
    const fresh = runs.filter((run) => {
      const dash = this.given.get(run.row.run_id);
      if (dash !== undefined) take(run, dash);
      return dash === undefined;
    });
    // In the order in which the workspace assigned dashes.
    for (const run of fresh.toSorted((a, b) => a.dash - b.dash)) {
      const others = used.get(run.color) ?? [];
      const free = DASHES.findIndex((_, dash) => !others.includes(dash));
      take(run, free === -1 ? others.length % DASHES.length : free);
    }
    return runs.map((run) => ({ ...run, dash: this.given.get(run.row.run_id) ?? 0 }));
  }
}
