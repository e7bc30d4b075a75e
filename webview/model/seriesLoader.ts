/**
 * Asks for the series that can be seen, sized for the screen: whole when the view changed, only their ends when they
 * grew. It sends one request a run at a time, at most five times a second unless answers come fast. What it knows stays
 * drawable meanwhile.
 */
import { messageOf } from '../../src/base/unknown';
import type { PanelSeries, SeriesQuery, XAxis } from '../../src/protocol/panel';
import type { RunRow, Summary } from '../../src/protocol/rows';
import type { PanelModel } from './panelModel';
import { mergeTail } from './seriesTail';

/** A part of an axis. */
export interface Zoom {
  from: number;
  to: number;
}

/** Which axis a chart shows, and which part of it. */
export interface SeriesView {
  x: XAxis;
  zoom: Zoom | null;
  /** Charts that zoom by themselves have views of their own. */
  of: string;
}

export interface Wanted {
  keys: string[];
  view: SeriesView;
}

interface Entry {
  /** Axis, window and resolution that was asked for. */
  extent: string;
  /** What the row said of this metric when it was asked for. */
  signature: string;
  rev: number;
  series: PanelSeries[];
}

interface Request {
  query: SeriesQuery;
  extent: string;
  ids: Map<string, string>;
}

/** Fast answers allow more frequent requests; most of the time is left to others either way. */
const INTERVAL_MS = { least: 50, most: 200, share: 4 };
const RETRY_MS = 2000;
const BURST_MS = 40;
/** Share of a zoom that is fetched beyond each end, so that lines reach the chart's edges. */
const MARGIN = 0.02;

export class SeriesLoader {
  private readonly entries = new Map<string, Entry>();
  private readonly busy = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lastAsked = -Infinity;
  private interval = INTERVAL_MS.most;
  private generation = 0;
  private readonly fresh = new Set<string>();
  private disposed = false;
  private freshTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly ask: (query: SeriesQuery) => Promise<PanelSeries[]>,
    private readonly model: PanelModel,
    private readonly wanted: () => { wanted: Wanted[]; points: number },
    private readonly onLoaded: (keys: Set<string>) => void,
    private readonly onError: (message: string | null) => void,
  ) {}

  /** Something changed: asks for it soon, at once if nothing was asked for lately. */
  poke(wait = 0): void {
    if (this.disposed || this.timer !== undefined) return;
    const due = Math.max(wait, this.lastAsked + this.interval - performance.now());
    this.timer = setTimeout(() => this.pump(), Math.max(0, due));
  }

  /** Fetches everything again: another collector may answer now, and its tails would not fit. */
  renew(): void {
    this.generation += 1;
    this.poke();
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.timer);
    clearTimeout(this.freshTimer);
  }

  /** undefined: not known yet. Right after a zoom it is what was known before. */
  get(run_id: string, key: string, view: SeriesView): PanelSeries[] | undefined {
    return this.entries.get(entryKey(run_id, key, view))?.series;
  }

  private pump(): void {
    this.timer = undefined;
    const { wanted, points } = this.wanted();
    if (points === 0) return;
    for (const { row } of this.model.shownRuns()) {
      if (this.busy.has(row.run_id)) continue;
      const requests = this.requests(row, wanted, points);
      if (requests.length > 0) void this.load(row, requests);
    }
  }

  private async load(row: RunRow, requests: Request[]): Promise<void> {
    this.busy.add(row.run_id);
    const asked = performance.now();
    this.lastAsked = asked;
    try {
      const replies = await Promise.all(requests.map(({ query }) => this.ask(query)));
      requests.forEach((request, i) => {
        for (const [key, id] of request.ids) this.put(row, key, id, request, replies[i]!);
      });
      this.onError(null);
      const took = performance.now() - asked;
      this.interval = Math.min(INTERVAL_MS.most, Math.max(INTERVAL_MS.least, took * INTERVAL_MS.share));
      this.busy.delete(row.run_id);
      this.loaded(requests.flatMap(({ query }) => query.keys));
      this.poke();
    } catch (error) {
      this.busy.delete(row.run_id);
      this.onError(messageOf(error));
      this.poke(RETRY_MS);
    }
  }

  /**
   * Keys with the same parameters share a request. The collector knows what it sent at each revision, so tails are
   * requested together if they were answered together.
   */
  private requests(row: RunRow, wanted: Wanted[], points: number): Request[] {
    const requests = new Map<string, Request>();
    for (const { keys, view } of wanted) {
      const extent = `${this.generation} ${view.x} ${view.zoom?.from} ${view.zoom?.to} ${points}`;
      for (const key of keys) {
        const summary = row.metrics[key];
        if (summary === undefined) continue;
        const id = entryKey(row.run_id, key, view);
        const entry = this.entries.get(id);
        const since = entry?.extent === extent ? entry.rev : undefined;
        if (since !== undefined && entry?.signature === signatureOf(row, summary)) continue;
        const way = `${view.of} ${extent} ${since}`;
        const request = requests.get(way) ?? {
          query: {
            run_id: row.run_id,
            keys: [],
            x: view.x,
            points,
            ...windowOf(view),
            ...(since !== undefined && { since }),
          },
          extent,
          ids: new Map<string, string>(),
        };
        requests.set(way, request);
        if (request.ids.has(key)) continue;
        request.query.keys.push(key);
        request.ids.set(key, id);
      }
    }
    return [...requests.values()];
  }

  /** Answers for many runs come in a burst: charts are notified once, after the last or shortly. */
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

  private put(row: RunRow, key: string, id: string, { extent, query }: Request, reply: PanelSeries[]): void {
    const known = query.since === undefined ? [] : (this.entries.get(id)?.series ?? []);
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
    // Without a revision there is nothing to continue from, so the next request is for the whole.
    this.entries.set(id, { extent: Number.isFinite(rev) ? extent : '', signature, rev, series });
  }
}

function windowOf({ zoom }: SeriesView): { from?: number; to?: number } {
  if (zoom === null) return {};
  const margin = (zoom.to - zoom.from) * MARGIN;
  return { from: zoom.from - margin, to: zoom.to + margin };
}

function entryKey(run_id: string, key: string, view: SeriesView): string {
  return [run_id, key, view.x, view.of].join('\0');
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
