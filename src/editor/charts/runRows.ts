/** The rows of some runs, whichever collectors have them. */
import type { RunRow } from '../../protocol/rows';
import type { RunClient, RunSource } from './ports';

/** In the order asked for; runs that no collector knows are left out. Throws when a collector cannot be asked. */
export async function fetchRows(source: RunSource, run_ids: readonly string[]): Promise<RunRow[]> {
  const byClient = new Map<RunClient, string[]>();
  for (const run_id of run_ids) {
    const client = await source.forRun(run_id).catch(ifUnknown);
    if (client === null) continue;
    byClient.set(client, [...(byClient.get(client) ?? []), run_id]);
  }
  const pages = await Promise.all([...byClient].map(([client, ids]) => client.call('runs.list', requestFor(ids))));
  const rows = new Map(pages.flatMap((page) => page.rows).map((row) => [row.run_id, row]));
  return run_ids.flatMap((run_id) => rows.get(run_id) ?? []);
}

function requestFor(ids: string[]): { filter: string; limit: number } {
  return { filter: `run_id in (${ids.map((id) => JSON.stringify(id)).join(', ')})`, limit: ids.length };
}

function ifUnknown(error: unknown): null {
  const code = (error as { data?: { code?: unknown } }).data?.code;
  if (code === 'not_found') return null;
  throw error;
}
