import type { RunRow } from '../../protocol/rows';
import type { CollectorClient } from '../collectors/collectorClient';
import type { Collectors } from '../collectors/collectors';
import type { FeedUpdate } from '../runs/runFeed';

export const PAGE = 200;

/** Rows that the tree has loaded so far, newest first, a page of each collector at a time. */
export class RunPages {
  private readonly rows = new Map<string, RunRow>();
  /** Where the next page starts; absent if all are loaded. */
  private readonly cursors = new Map<CollectorClient, string>();
  private readonly totals = new Map<CollectorClient, number>();
  private order: RunRow[] | null = null;

  constructor(private readonly collectors: Collectors) {}

  get size(): number {
    return this.rows.size;
  }
  get total(): number {
    return Math.max(this.rows.size, sum(this.totals.values()));
  }
  get hasMore(): boolean {
    return this.cursors.size > 0;
  }

  row(run_id: string): RunRow | undefined {
    return this.rows.get(run_id);
  }

  sorted(): RunRow[] {
    this.order ??= [...this.rows.values()].sort((a, b) => b.created - a.created || (a.run_id < b.run_id ? 1 : -1));
    return this.order;
  }

  /**
   * Reloads as many rows as were loaded; false, with nothing changed, if the response is no longer `wanted`. Throws
   * the collector's error if the filter is invalid.
   */
  async reload(filter: string, wanted: () => boolean = () => true): Promise<boolean> {
    const limit = Math.min(10_000, Math.max(PAGE, Math.ceil(this.rows.size / PAGE) * PAGE));
    const clients = this.collectors.clients.filter((client) => client.state === 'connected');
    const pages = await Promise.all(
      clients.map(async (client) => ({ client, page: await this.collectors.list(client, request(filter, limit)) })),
    );
    if (!wanted()) return false;
    this.rows.clear();
    this.order = null;
    this.cursors.clear();
    this.totals.clear();
    for (const { client, page } of pages) this.add(client, page);
    return true;
  }

  async more(filter: string): Promise<void> {
    for (const [client, cursor] of [...this.cursors]) {
      this.add(client, await this.collectors.list(client, { ...request(filter, PAGE), cursor }));
    }
  }

  /** Applies changes while no filter is set; returns whether runs were added or removed. */
  apply({ rows, gone }: FeedUpdate): boolean {
    let moved = false;
    this.order = null;
    for (const row of rows) {
      const before = this.rows.get(row.run_id);
      moved ||= !before || before.experiment !== row.experiment || before.created !== row.created;
      this.rows.set(row.run_id, row);
    }
    for (const run_id of gone) moved = this.rows.delete(run_id) || moved;
    return moved;
  }

  private add(client: CollectorClient, page: { rows: RunRow[]; total: number; cursor: string | null }): void {
    this.order = null;
    for (const row of page.rows) this.rows.set(row.run_id, row);
    this.totals.set(client, page.total);
    if (page.cursor === null) this.cursors.delete(client);
    else this.cursors.set(client, page.cursor);
  }
}

function request(
  filter: string,
  limit: number,
): { filter?: string; sort: { by: string; desc: boolean }[]; limit: number } {
  return { ...(filter ? { filter } : {}), sort: [{ by: 'created', desc: true }], limit };
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
