/** Metrics in sections by prefix (`train/loss` → train), in an order that never changes once it was shown. */
import { t } from '../../src/base/texts';

export interface Section {
  name: string;
  /** Metric keys and ids of custom charts. */
  ids: string[];
}

export const PINNED = 'pinned';
export const CUSTOM = '\0custom';
const NO_PREFIX = 'metrics';
export const SYSTEM_SECTION = 'system';
const LEADING = ['train', 'training', 'val', 'valid', 'validation', 'eval', 'test', NO_PREFIX];

export function sectionOf(key: string): string {
  const slash = key.indexOf('/');
  return slash > 0 ? key.slice(0, slash) : NO_PREFIX;
}

/** Remembers the order in which keys were shown; later ones are appended, so that nothing jumps. */
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

  has(key: string): boolean {
    return this.known.has(key);
  }

  /** The ids that `shown` accepts, by section without empty ones: pinned first, then custom charts, system metrics last. */
  list(
    shown: (name: string) => boolean,
    pinned: readonly string[],
    custom: readonly { id: string; title: string }[] = [],
  ): Section[] {
    const own = new Map(custom.map(({ id, title }) => [id, title]));
    const isPinned = new Set(pinned.filter((id) => this.known.has(id) || own.has(id)));
    const isShown = (id: string): boolean => shown(own.get(id) ?? id);
    const sections = [...this.sections].map(([name, keys]) => ({ name, ids: keys }));
    sections.sort((a, b) => Number(a.name === SYSTEM_SECTION) - Number(b.name === SYSTEM_SECTION));
    const rest = [{ name: CUSTOM, ids: [...own.keys()] }, ...sections].map(({ name, ids }) => ({
      name,
      ids: ids.filter((id) => !isPinned.has(id) && isShown(id)),
    }));
    return [{ name: PINNED, ids: [...isPinned].filter(isShown) }, ...rest].filter((section) => section.ids.length > 0);
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
    return { ok: false, message: t('Invalid regular expression: {0}', reason) };
  }
}

function rank(section: string): number {
  const at = LEADING.indexOf(section);
  return at === -1 ? LEADING.length : at;
}

function byNumberAndName(a: string, b: string): number {
  return a.localeCompare(b, undefined, { numeric: true });
}
