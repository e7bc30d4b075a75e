/** Fetches details of runs (checkpoints, attempts, …) when their rows show that they changed. */
import { messageOf } from '../../src/base/unknown';
import type { PanelRun } from '../../src/protocol/panel';
import type { RunDetail } from '../../src/protocol/rows';
import type { PanelModel } from './panelModel';

const INTERVAL_MS = 1000;

export class DetailLoader {
  private readonly asked = new Map<string, string>();
  private readonly busy = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly ask: (run_id: string) => Promise<RunDetail | undefined>,
    private readonly model: PanelModel,
    /** Whether all of the focused run's details are shown. */
    private readonly isFollowed: () => boolean,
    private readonly onError: (message: string) => void,
  ) {}

  poke(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.pump();
    }, 0);
  }

  private pump(): void {
    for (const run of this.model.shownRuns()) void this.load(run);
    const focused = this.model.focused();
    if (focused !== undefined) void this.load(focused);
  }

  private async load(run: PanelRun): Promise<void> {
    const { run_id } = run.row;
    const signature = this.signature(run);
    if (this.busy.has(run_id) || this.asked.get(run_id) === signature) return;
    this.busy.add(run_id);
    this.asked.set(run_id, signature);
    try {
      const detail = await this.ask(run_id);
      if (detail !== undefined) this.model.setDetail(detail);
    } catch (error) {
      this.asked.delete(run_id);
      this.onError(messageOf(error));
    }
    // Later changes are fetched again, but not at the rate of the metrics.
    setTimeout(() => {
      this.busy.delete(run_id);
      this.poke();
    }, INTERVAL_MS);
  }

  /** While details are shown any change counts; charts only need the marks. */
  private signature({ row }: PanelRun): string {
    const open = this.isFollowed() && this.model.focused()?.row.run_id === row.run_id;
    return [row.status, row.attempt, row.checkpoints, row.artifacts, row.error, open ? row.rev : ''].join('\0');
  }
}
