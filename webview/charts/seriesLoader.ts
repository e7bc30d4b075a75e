/**
 * Asks for the series that can be seen, sized for the screen: whole when the view changed, only their ends when they
 * grew, one request a run at a time, at most
 * five times a second unless answers come fast. What it knows stays drawable meanwhile.
 */
import type { SeriesQuery, XAxis } from '../../src/protocol/panel';
import type { RunRow, Series, Summary } from '../../src/protocol/rows';
import type { PanelModel } from './panelModel';
import { mergeTail } from './seriesTail';

interface Entry {
  x: XAxis;
  /** Axis, window and resolution that was asked for. */
  view: string;
  /** What the row said of this metric when it was asked for. */
  signature: string;
  rev: number;
  series: Series[];
}

/** Answers that come fast are asked for more often: most of the time is left to others either way. */
const INTERVAL_MS = { least: 50, most: 200, share: 4 };
const RETRY_MS = 2000;
const BURST_MS = 40;
/** Asked beyond each end of a zoom, as a share of it, so that lines go on to the chart's edge. */
const MARGIN = 0.02;

export class SeriesLoader {
  private readonly entries = new Map<string, Entry>();
  private readonly busy = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lastPump = -Infinity;
  private interval = INTERVAL_MS.most;
  private generation = 0;
  private readonly fresh = new Set<string>();
  private freshTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly ask: (query: SeriesQuery) => Promise<Series[]>,
    private readonly model: PanelModel,
    private readonly wanted: () => { keys: string[]; points: number },
    private readonly onLoaded: (keys: Set<string>) => void,
    private readonly onError: (message: string | null) => void,
  ) {}

  /** Something changed: looks soon, at once if it did not look lately. */
  poke(wait = 0): void {
    if (this.timer !== undefined) return;
    const due = Math.max(wait, this.lastPump + this.interval - performance.now());
    this.timer = setTimeout(() => this.pump(), Math.max(0, due));
  }

  /** What was sent before is no base for tails any more (another collector may answer now): asks for the whole again. */
  renew(): void {
    this.generation += 1;
    this.poke();
  }

  /** undefined: not known yet for the chosen axis. */
  get(run_id: string, key: string): Series[] | undefined {
    const entry = this.entries.get(entryKey(run_id, key));
    return entry?.x === this.model.state.x ? entry.series : undefined;
  }

  private pump(): void {
    this.timer = undefined;
    this.lastPump = performance.now();
    const { keys, points } = this.wanted();
    if (points === 0) return;
    for (const { row } of this.model.shownRuns()) {
      if (!this.busy.has(row.run_id)) void this.load(row, keys, points);
    }
  }

  private async load(row: RunRow, keys: string[], points: number): Promise<void> {
    const view = this.viewOf(points);
    const whole: string[] = [];
    // The collector knows what it sent at a revision: keys that were answered together are asked for together.
    const tails = new Map<number, string[]>();
    for (const key of keys) {
      const summary = row.metrics[key];
      if (summary === undefined) continue;
      const entry = this.entries.get(entryKey(row.run_id, key));
      if (entry?.view !== view) whole.push(key);
      else if (entry.signature !== signatureOf(row, summary))
        tails.set(entry.rev, [...(tails.get(entry.rev) ?? []), key]);
    }
    const requests: { keys: string[]; since?: number }[] = [...tails].map(([since, of]) => ({ keys: of, since }));
    if (whole.length > 0) requests.push({ keys: whole });
    if (requests.length === 0) return;
    this.busy.add(row.run_id);
    try {
      const base = { run_id: row.run_id, x: this.model.state.x, points, ...this.window() };
      const replies = await Promise.all(requests.map((request) => this.ask({ ...base, ...request })));
      requests.forEach((request, i) => {
        for (const key of request.keys) this.put(row, key, view, base.x, replies[i]!, request.since !== undefined);
      });
      this.onError(null);
      const took = performance.now() - this.lastPump;
      this.interval = Math.min(INTERVAL_MS.most, Math.max(INTERVAL_MS.least, took * INTERVAL_MS.share));
      this.busy.delete(row.run_id);
      this.loaded(requests.flatMap((request) => request.keys));
      this.poke();
    } catch (error) {
      this.busy.delete(row.run_id);
      this.onError(error instanceof Error ? error.message : String(error));
      this.poke(RETRY_MS);
    }
  }

  /** Answers for many runs come in a burst: charts are told once, when the last is here or soon. */
  private loaded(keys: string[]): void {
    for (const key of keys) this.fresh.add(key);
    if (this.busy.size === 0) this.flush();
    else this.freshTimer ??= setTimeout(() => this.flush(), BURST_MS);
  }

  private flush(): void {
    clearTimeout(this.freshTimer);
    this.freshTimer = undefined;
    const keys = new Set(this.fresh);
    this.fresh.clear();
    this.onLoaded(keys);
  }

  private put(row: RunRow, key: string, view: string, x: XAxis, reply: Series[], tail: boolean): void {
    const id = entryKey(row.run_id, key);
    const known = tail ? (this.entries.get(id)?.series ?? []) : [];
    const got = reply.filter((series) => series.key === key);
    const workers = new Set([...known, ...got].map((series) => series.worker));
    const series = [...workers].sort(byName).flatMap((worker) => {
      const before = known.find((one) => one.worker === worker);
      const now = got.find((one) => one.worker === worker);
      const merged = now === undefined ? before : mergeTail(before, now);
      return merged === undefined ? [] : [merged];
    });
    const rev = series.reduce((lowest, one) => Math.min(lowest, one.rev), Infinity);
    const summary = row.metrics[key];
    const signature = summary === undefined ? '' : signatureOf(row, summary);
    // Without a revision there is nothing to continue from: the next look asks for the whole.
    this.entries.set(id, { x, view: Number.isFinite(rev) ? view : '', signature, rev, series });
  }

  private window(): { from?: number; to?: number } {
    const { zoom } = this.model.state;
    if (zoom === null) return {};
    const margin = (zoom.to - zoom.from) * MARGIN;
    return { from: zoom.from - margin, to: zoom.to + margin };
  }

  private viewOf(points: number): string {
    const { from, to } = this.window();
    return `${this.generation} ${this.model.state.x} ${from} ${to} ${points}`;
  }
}

function entryKey(run_id: string, key: string): string {
  return `${run_id}\0${key}`;
}

/** Changes whenever the series may have: the row and the series come from the same store. */
function signatureOf(row: RunRow, summary: Summary): string {
  return [row.attempt, row.workers.length, summary.count, summary.nan, summary.inf, summary.last, summary.last_x].join(
    ' ',
  );
}

function byName(a: string, b: string): number {
  return a.localeCompare(b, undefined, { numeric: true });
}
