/**
 * Records which lines of a script logged the points of one key and writer. A line rarely differs from that of the previous
 * point, and its text is then the same string, so a point costs one comparison.
 */

/** `at` is "file:line" as it was logged; `first` and `last` are sequence numbers of the writer. */
export interface CallSite {
  at: string;
  first: number;
  last: number;
  count: number;
}

/** Points from further lines belong to no site. */
const MAX_SITES = 50;
/** In characters; anything longer is not a path. */
const MAX_AT = 1000;

type StoredSite = [at: string, first: number, last: number, count: number];

export class CallSites {
  private readonly sites = new Map<string, CallSite>();
  /** The line of the latest point. */
  private at: string | undefined;
  private current: CallSite | undefined;

  static parse(json: string): CallSites {
    const sites = new CallSites();
    for (const [at, first, last, count] of JSON.parse(json) as StoredSite[])
      sites.sites.set(at, { at, first, last, count });
    return sites;
  }

  json(): string {
    return JSON.stringify(
      [...this.sites.values()].map(({ at, first, last, count }): StoredSite => [at, first, last, count]),
    );
  }

  /** Counts a point; `at` is undefined if its event does not name a line. */
  add(at: string | undefined, seq: number): void {
    if (at !== this.at) {
      this.at = at;
      this.current = at === undefined ? undefined : this.siteOf(at, seq);
    }
    const site = this.current;
    if (site === undefined) return;
    site.count++;
    if (seq > site.last) site.last = seq;
    else if (seq < site.first) site.first = seq;
  }

  values(): Iterable<CallSite> {
    return this.sites.values();
  }

  private siteOf(at: string, seq: number): CallSite | undefined {
    const known = this.sites.get(at);
    if (known || this.sites.size >= MAX_SITES || at === '' || at.length > MAX_AT) return known;
    const site = { at, first: seq, last: seq, count: 0 };
    this.sites.set(at, site);
    return site;
  }
}
