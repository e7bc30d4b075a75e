import * as vscode from 'vscode';
import { DisposableStore } from '../../base/disposable';
import { ACTIVE, isOver, statusFilter } from '../../domain/run/lifecycle';
import type { RunRow } from '../../protocol/rows';
import type { CollectorClient } from '../collectors/collectorClient';
import type { Collectors } from '../collectors/collectors';

export interface FeedUpdate {
  rows: RunRow[];
  /** Runs that were deleted, or whose collector was lost. */
  gone: string[];
}

/** Coalesces a burst of changes; a new run still shows well within a second. */
const DEBOUNCE_MS = 150;
/** Run ids asked for at once; well below what a filter may be long. */
const IDS_LENGTH = 8_000;

/** Fetches changed runs once, for everything that shows them (tree, status bar, notifications). */
export class RunFeed implements vscode.Disposable {
  private readonly updated = new vscode.EventEmitter<FeedUpdate>();
  private readonly reset = new vscode.EventEmitter<void>();
  private readonly owned = new DisposableStore();
  private readonly waiting = new Map<CollectorClient, Set<string>>();
  private readonly connected = new Set<CollectorClient>();
  private readonly activeRows = new Map<string, RunRow>();
  private timer: NodeJS.Timeout | null = null;
  readonly onUpdate = this.updated.event;
  /** Everything may have changed: fetch it again. */
  readonly onReset = this.reset.event;

  constructor(
    private readonly collectors: Collectors,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.owned.add(
      collectors.onChanged(({ client, change }) => {
        if (change.topic !== 'runs') return;
        if (change.run_ids) this.add(client, change.run_ids);
        else void this.refresh();
      }),
    );
    this.owned.add(collectors.onState(() => this.checkClients()));
  }

  /** Queued, running and lost runs, the latest first. */
  get active(): RunRow[] {
    return [...this.activeRows.values()].sort((a, b) => (b.started ?? b.created) - (a.started ?? a.created));
  }

  /** Fetches the active runs again, and notifies listeners to fetch theirs. */
  async refresh(): Promise<void> {
    const rows: RunRow[] = [];
    for (const client of this.collectors.clients) {
      if (client.state !== 'connected') continue;
      try {
        const request = { filter: statusFilter(ACTIVE), sort: [{ by: 'created', desc: true }], limit: 1000 };
        rows.push(...(await this.collectors.list(client, request)).rows);
      } catch (error) {
        this.log.warn(`Active runs of ${client.dir}: ${String(error)}`);
      }
    }
    this.activeRows.clear();
    for (const row of rows) this.activeRows.set(row.run_id, row);
    this.reset.fire();
  }

  dispose(): void {
    if (this.timer) clearTimeout(this.timer);
    this.owned.dispose();
    this.updated.dispose();
    this.reset.dispose();
  }

  private checkClients(): void {
    const now = this.collectors.clients.filter((client) => client.state === 'connected');
    const same = now.length === this.connected.size && now.every((client) => this.connected.has(client));
    this.connected.clear();
    for (const client of now) this.connected.add(client);
    if (!same) void this.refresh();
  }

  private add(client: CollectorClient, run_ids: string[]): void {
    const waiting = this.waiting.get(client) ?? new Set<string>();
    this.waiting.set(client, waiting);
    for (const run_id of run_ids) waiting.add(run_id);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      void this.fetchWaiting();
    }, DEBOUNCE_MS);
  }

  private async fetchWaiting(): Promise<void> {
    const all = [...this.waiting];
    this.waiting.clear();
    for (const [client, run_ids] of all) {
      try {
        for (const part of parts([...run_ids])) this.emit(part, await this.fetch(client, part));
      } catch (error) {
        // The collector was lost; everything is fetched again when it is back.
        this.log.warn(`Changed runs of ${client.dir}: ${String(error)}`);
      }
    }
  }

  private async fetch(client: CollectorClient, run_ids: string[]): Promise<RunRow[]> {
    const filter = `run_id in (${run_ids.map((id) => JSON.stringify(id)).join(', ')})`;
    return (await this.collectors.list(client, { filter, limit: run_ids.length })).rows;
  }

  private emit(asked: string[], rows: RunRow[]): void {
    const found = new Set(rows.map((row) => row.run_id));
    const gone = asked.filter((run_id) => !found.has(run_id));
    for (const run_id of gone) this.activeRows.delete(run_id);
    for (const row of rows) {
      if (isActive(row)) this.activeRows.set(row.run_id, row);
      else this.activeRows.delete(row.run_id);
    }
    this.updated.fire({ rows, gone });
  }
}

export function isActive(row: Pick<RunRow, 'status'>): boolean {
  return !isOver(row.status);
}

function parts(run_ids: string[]): string[][] {
  const all: string[][] = [];
  let part: string[] = [];
  let length = 0;
  for (const run_id of run_ids) {
    if (length + run_id.length + 4 > IDS_LENGTH) {
      all.push(part);
      part = [];
      length = 0;
    }
    part.push(run_id);
    length += run_id.length + 4;
  }
  return part.length > 0 ? [...all, part] : all;
}
