/** Loads a run's events (everything but metrics) page by page, and later only new ones. */
import { messageOf } from '../../src/base/unknown';
import type { PanelPage, RunEvent } from '../../src/protocol/panel';

const PAGE = 1000;
const INTERVAL_MS = 500;
/** Of more events than this the first and the last are kept. */
const MOST = 20_000;

export class EventLoader {
  readonly events: RunEvent[] = [];
  /** How many there are; more than are kept where there are too many. */
  total = 0;
  loaded = false;
  private next = 0;
  private busy = false;
  /** Something changed during a request. */
  private again = false;
  private lastAsked = -Infinity;

  constructor(
    readonly run_id: string,
    private readonly ask: (run_id: string, offset: number, limit: number) => Promise<PanelPage<RunEvent>>,
    private readonly onLoaded: () => void,
    private readonly onError: (message: string) => void,
  ) {}

  poke(): void {
    this.again = this.busy;
    if (this.busy) return;
    this.busy = true;
    setTimeout(() => void this.load(), Math.max(0, this.lastAsked + INTERVAL_MS - performance.now()));
  }

  private async load(): Promise<void> {
    this.lastAsked = performance.now();
    try {
      for (;;) {
        const { items, next, total } = await this.ask(this.run_id, this.next, PAGE);
        this.next = next;
        this.total = total;
        this.events.push(...items);
        if (this.events.length > MOST) this.events.splice(MOST / 2, this.events.length - MOST);
        const first = !this.loaded;
        this.loaded = true;
        if (items.length > 0 || first) this.onLoaded();
        if (items.length === 0 || next >= total) break;
      }
    } catch (error) {
      this.onError(messageOf(error));
    }
    this.busy = false;
    if (this.again) this.poke();
  }
}
