/**
 * The topics of one connection. `changed` notifications carry no data, so that a slow client can ask when it is ready.
 */
import { Pace } from '../../base/pace';
import type { Changed } from '../../protocol/rows';

const FLUSH_EVERY_MS = 50;
/** While a client has more unsent bytes than this, its changes are collected and sent together later. */
const MAX_UNSENT = 256 * 1024;

export interface Listener {
  readonly bufferedAmount: number;
  send(text: string): void;
}

export class Subscription {
  private topics = new Set<string>();
  private pending = new Map<string, Changed>();
  private readonly pace = new Pace(FLUSH_EVERY_MS, () => this.flush());

  constructor(private readonly listener: Listener) {}

  /** Replaces the previous topics. */
  subscribe(topics: string[]): void {
    this.topics = new Set(topics);
    for (const topic of this.pending.keys()) if (!this.topics.has(topic)) this.pending.delete(topic);
  }

  notify(changes: readonly Changed[]): void {
    for (const change of changes) {
      if (!this.topics.has(change.topic)) continue;
      const earlier = this.pending.get(change.topic);
      this.pending.set(change.topic, earlier ? merged(earlier, change) : change);
    }
    if (this.pending.size > 0) this.pace.soon();
  }

  dispose(): void {
    this.pace.cancel();
    this.pending.clear();
    this.topics.clear();
  }

  private flush(): void {
    if (this.listener.bufferedAmount > MAX_UNSENT) return this.pace.soon();
    const changes = [...this.pending.values()];
    this.pending.clear();
    for (const params of changes) this.listener.send(JSON.stringify({ jsonrpc: '2.0', method: 'changed', params }));
  }
}

function merged(earlier: Changed, later: Changed): Changed {
  // A change without run_ids concerns all runs.
  if (!earlier.run_ids || !later.run_ids) return { topic: later.topic, rev: later.rev };
  return { ...later, run_ids: [...new Set([...earlier.run_ids, ...later.run_ids])] };
}
