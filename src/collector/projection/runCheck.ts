/** Compares a run's database with its journals: every point bit for bit, every event and log line, and the state. */
import { crc32 } from 'node:zlib';
import { flatDetail, runDetail } from '../../domain/run/row';
import type { RunState } from '../../domain/run/state';
import type { Json } from '../../protocol/events';
import type { PointColumns } from '../store/chunk';
import type { FragmentIdentity } from '../store/seriesFragment';
import type { RunStore } from '../store/runStore';

const PAGE = 5000;

/** Called between short stretches of work. It may reject to end the comparison. */
export type Pause = () => Promise<void>;

/** Describes each difference in words. Neither store may change in the meantime. */
export async function differences(
  ours: { store: RunStore; state: RunState },
  theirs: { store: RunStore; state: RunState },
  pause: Pause,
): Promise<string[]> {
  const found = [...(await pointDifferences(ours.store, theirs.store, pause))];
  for (const what of ['logs', 'events'] as const) {
    const [mine, other] = [await digest(ours.store, what, pause), await digest(theirs.store, what, pause)];
    if (mine.count !== other.count) found.push(`${mine.count} ${what} in the database, ${other.count} in the journals`);
    else if (mine.sum !== other.sum) found.push(`${what} differ`);
  }
  const [mine, other] = [factsOf(ours.state), factsOf(theirs.state)];
  for (const field of Object.keys({ ...mine, ...other })) {
    if (JSON.stringify(mine[field]) !== JSON.stringify(other[field])) found.push(`${field} differs`);
  }
  return found;
}

async function pointDifferences(ours: RunStore, theirs: RunStore, pause: Pause): Promise<string[]> {
  const found: string[] = [];
  const others = new Map([...theirs.contents()].map((fragment) => [nameOf(fragment.identity), fragment]));
  for (const fragment of ours.contents()) {
    const name = nameOf(fragment.identity);
    const other = others.get(name);
    others.delete(name);
    const { key, worker, attempt } = fragment.identity;
    const what = `${key} of ${worker}, attempt ${attempt}`;
    const count = other?.count ?? 0;
    if (!other || count !== fragment.count) {
      found.push(`${what}: ${fragment.count} points in the database, ${count} in the journals`);
      continue;
    }
    // A database of an earlier version has no sites, so there is nothing to compare.
    if (fragment.sites && other.sites && JSON.stringify(fragment.sites) !== JSON.stringify(other.sites))
      found.push(`${what}: the lines that logged it differ`);
    const columns = other.read()[Symbol.iterator]();
    for (const mine of fragment.read()) {
      await pause();
      if (areEqual(mine, columns.next().value as PointColumns | undefined)) continue;
      found.push(`${what}: points differ`);
      break;
    }
  }
  for (const { identity, count } of others.values())
    found.push(`${identity.key} of ${identity.worker}: no points in the database, ${count} in the journals`);
  return found;
}

function nameOf({ writer, worker, attempt, key }: FragmentIdentity): string {
  return JSON.stringify([writer, worker, attempt, key]);
}

function areEqual(a: PointColumns, b: PointColumns | undefined): boolean {
  return b !== undefined && (['value', 'step', 'epoch', 'ts'] as const).every((name) => sameBits(a[name], b[name]));
}

function sameBits(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

/** A digest that ignores the order of rows, because that depends on which journal was read first. */
async function digest(store: RunStore, what: 'logs' | 'events', pause: Pause): Promise<{ count: number; sum: string }> {
  let [count, low, high] = [0, 0, 0];
  for (;;) {
    const rows: unknown[] = what === 'logs' ? store.logs(count, PAGE).lines : store.events(count, PAGE).events;
    if (rows.length === 0) return { count, sum: `${low} ${high}` };
    for (const row of rows) {
      const text = JSON.stringify(row);
      const first = crc32(text);
      low = (low + first) >>> 0;
      high = (high + crc32(text, first)) >>> 0;
    }
    count += rows.length;
    await pause();
  }
}

/** The facts that follow from the journals alone, in an order that does not depend on how they were read. */
function factsOf(state: RunState): Record<string, Json> {
  const { writers, processes, gone, launch, user } = state;
  const flat = flatDetail(runDetail(state, {}, 0));
  const { warnings: _w, worker_states: _s, rev: _r, metrics: _m, created: _c, ...detail } = flat;
  const writerFacts = Object.entries(writers).map(
    ([key, { seen: _seen, duplicates: _d, gaps, ...writer }]): [string, unknown] => [
      key,
      { ...writer, gaps: gaps?.length ? gaps : null },
    ],
  );
  const commands = detail.commands.map((command) => ({
    ...command,
    acks: [...command.acks].sort((a, b) => (a.worker < b.worker ? -1 : 1)),
  }));
  const facts = { ...detail, commands, writers: Object.fromEntries(writerFacts), processes, gone, launch, user };
  return ordered(facts as unknown as Json) as Record<string, Json>;
}

/** Sorts the members of all objects by name. */
function ordered(value: Json): Json {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, member]) => [name, ordered(member)]));
}
