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
/** In characters; longer ones are no site, because a batch stores its line once for each of its keys. */
const MAX_AT = 300;
/** Limit over all keys of a writer. It is not the run's, so that the sites do not depend on the order of reading journals. */
const MAX_SITES_OF_WRITER = 2000;

type StoredSite = [at: string, first: number, last: number, count: number];

/** Limits the sites of one writer. */
export class SiteBudget {
  private left = MAX_SITES_OF_WRITER;

  get isSpent(): boolean {
    return this.left <= 0;
  }

  spend(sites: number): void {
    this.left -= sites;
  }
}

export class CallSites {
  private readonly sites = new Map<string, CallSite>();
  /** The line of the latest point. */
  private at: string | undefined;
  private current: CallSite | undefined;

  constructor(private readonly budget: SiteBudget) {}

  static parse(json: string, budget: SiteBudget): CallSites {
    const sites = new CallSites(budget);
    for (const [at, first, last, count] of JSON.parse(json) as StoredSite[])
      sites.sites.set(at, { at, first, last, count });
    budget.spend(sites.sites.size);
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
    if (known || this.sites.size >= MAX_SITES || at === '' || at.length > MAX_AT || this.budget.isSpent) return known;
    this.budget.spend(1);
    const site = { at, first: seq, last: seq, count: 0 };
    this.sites.set(at, site);
    return site;
  }
}
