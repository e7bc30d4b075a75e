/** Limits notices of changes to twenty a second, however often something changes. */
import { Pace } from '../../base/pace';
import type { Changed } from '../../protocol/rows';

const EVERY_MS = 50;

export class ChangeNotices {
  private rev = 0;
  private readonly runs = new Set<string>();
  private readonly pace = new Pace(EVERY_MS, () => this.flush());

  constructor(
    /** Returns the changes of one run since the last notice. */
    private readonly describe: (runId: string) => Changed[],
    private readonly send: (changes: Changed[]) => void,
  ) {}

  changed(runId: string): void {
    this.runs.add(runId);
    this.pace.soon();
  }

  dispose(): void {
    this.pace.cancel();
  }

  private flush(): void {
    const runIds = [...this.runs];
    this.runs.clear();
    this.send([{ topic: 'runs', rev: ++this.rev, run_ids: runIds }, ...runIds.flatMap(this.describe)]);
  }
}
