/** Metrics in sections by prefix (`train/loss` → train), in an order that never changes once it was shown. */
export interface Section {
  name: string;
  keys: string[];
}

export const PINNED = 'pinned';
const NO_PREFIX = 'metrics';
const SYSTEM = 'system';
const LEADING = ['train', 'training', 'val', 'valid', 'validation', 'eval', 'test', NO_PREFIX];

export function sectionOf(key: string): string {
  const slash = key.indexOf('/');
  return slash > 0 ? key.slice(0, slash) : NO_PREFIX;
}

/** Remembers the order in which things were shown: what comes later goes behind, so that nothing jumps. */
export class MetricGroups {
  private readonly sections = new Map<string, string[]>();
  private readonly known = new Set<string>();

  add(keys: Iterable<string>): void {
    const fresh = [...new Set(keys)].filter((key) => !this.known.has(key)).sort(byNumberAndName);
    const names = [...new Set(fresh.map(sectionOf))].sort((a, b) => rank(a) - rank(b) || byNumberAndName(a, b));
    for (const name of names) if (!this.sections.has(name)) this.sections.set(name, []);
    for (const key of fresh) {
      this.known.add(key);
      this.sections.get(sectionOf(key))?.push(key);
    }
  }

  /** Keys that `shown` accepts, by section, empty sections left out; pinned ones first, system metrics last. */
  list(shown: (key: string) => boolean, pinned: readonly string[]): Section[] {
    const isPinned = new Set(pinned.filter((key) => this.known.has(key)));
    const sections = [...this.sections].map(([name, keys]) => ({
      name,
      keys: keys.filter((key) => !isPinned.has(key) && shown(key)),
    }));
    sections.sort((a, b) => Number(a.name === SYSTEM) - Number(b.name === SYSTEM));
    sections.unshift({ name: PINNED, keys: [...isPinned].filter(shown) });
    return sections.filter((section) => section.keys.length > 0);
  }
}

export type Search = { ok: true; matches: (key: string) => boolean } | { ok: false; message: string };

export function compileSearch(text: string): Search {
  if (text.trim() === '') return { ok: true, matches: () => true };
  try {
    const pattern = new RegExp(text.trim(), 'i');
    return { ok: true, matches: (key) => pattern.test(key) };
  } catch (error) {
    const reason =
      error instanceof Error ? error.message.replace(/^Invalid regular expression: .*\/i?: /, '') : String(error);
    return { ok: false, message: `Not a regular expression: ${reason}` };
  }
}

function rank(section: string): number {
  const at = LEADING.indexOf(section);
  return at === -1 ? LEADING.length : at;
}

function byNumberAndName(a: string, b: string): number {
  return a.localeCompare(b, undefined, { numeric: true });
}
