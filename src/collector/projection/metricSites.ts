/** Collects which line of code logged which metric, over all writers of a run. */
import { resolve } from 'node:path';
import type { Source } from '../../protocol/events';
import type { MetricSite } from '../../protocol/rows';
import type { RunStore } from '../store/runStore';

const FILE_AND_LINE = /^(.+):(\d{1,9})$/s;

const MAX_ANSWERED = 2000;

/** The result is sorted by key, then file, then line; after 2,000 entries it ends. */
export function metricSites(store: RunStore, source: Source): MetricSite[] {
  const found = new Map<string, MetricSite>();
  for (const { identity, sites } of store.contents()) {
    for (const { at, count } of sites ?? []) {
      const [, file, line] = FILE_AND_LINE.exec(at) ?? [];
      if (file === undefined) continue;
      const id = JSON.stringify([identity.key, at]);
      const known = found.get(id);
      if (known) known.count += count;
      else found.set(id, { key: identity.key, file, line: Number(line), count, code_hash: hashOf(file, source) });
    }
  }
  return [...found.values()]
    .sort((a, b) => compare(a.key, b.key) || compare(a.file, b.file) || a.line - b.line)
    .slice(0, MAX_ANSWERED);
}

/** The client records the hash of the file that was started, and of no other. */
function hashOf(file: string, { entrypoint, code_hash, cwd }: Source): string | null {
  const isStarted = entrypoint != null && resolve(cwd ?? '', file) === resolve(cwd ?? '', entrypoint);
  return isStarted ? (code_hash ?? null) : null;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
