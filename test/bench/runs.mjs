// Many runs of 20 params and 20 metrics: filter, sort and first page, against the same over rows that are in memory already.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyMemory, frame, journalHead, journalName, rssOf, withCollector, withDirectory } from './collectorRun.mjs';

const FILTER = 'status = completed and params.p3 < 0.5 and metrics.m7.max > 0.9';
const SORT = [{ by: 'metrics.m2.min', desc: false }];

function writeRuns(dir, count) {
  const ts = Date.now() * 1000;
  for (let i = 0; i < count; i++) {
    const run_id = `run-${i}`;
    const folder = join(dir, 'runs', run_id);
    mkdirSync(folder, { recursive: true });
    let seq = 0;
    const event = (t, p) => frame({ v: 1, t, m: { seq: seq++, ts: ts + i * 1000 + seq }, p });
    const events = [event('journal', journalHead(run_id)), event('run_start', { name: run_id })];
    for (let k = 0; k < 20; k++)
      events.push(event('param', { key: `p${k}`, value: ((i * 7919 + k * 104729) % 1000) / 1000 }));
    for (let k = 0; k < 20; k++)
      events.push(event('metric', { key: `m${k}`, value: ((i * 6101 + k * 7919) % 997) / 997, step: 1 }));
    events.push(event('run_end', { status: 'completed' }));
    writeFileSync(join(folder, journalName()), Buffer.concat(events));
  }
}

/** The same in memory, over rows as the collector gives them. */
function plain(rows) {
  const started = performance.now();
  const found = rows
    .filter((row) => row.status === 'completed' && row.params.p3 < 0.5 && row.metrics.m7.max > 0.9)
    .sort((a, b) => a.metrics.m2.min - b.metrics.m2.min);
  JSON.parse(JSON.stringify(found.slice(0, 100)));
  return performance.now() - started;
}

async function measureAt(count, repeats) {
  return withDirectory(async (home) => {
    writeRuns(join(home, '.xtrack'), count);
    const allRead = async (call) => {
      for (const deadline = Date.now() + 600_000; Date.now() < deadline;) {
        const { total, backlog_bytes } = await call('runs.list', { limit: 1, filter: 'metrics.m19 >= 0' });
        if (total === count && backlog_bytes === 0) return;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      throw new Error(`${count} runs were not read.`);
    };
    await withCollector(home, ({ call }) => allRead(call));
    return withCollector(home, async ({ call, pid, started, answered }) => {
      const { total } = await call('runs.list', { limit: 1 });
      const listed = performance.now() - started;
      if (total !== count) throw new Error(`${total} of ${count} runs after a restart`);
      await allRead(call);
      const idle = rssOf(pid);
      const asked = [];
      const base = [];
      const { rows } = await call('runs.list', { limit: Math.min(count, 10_000) });
      for (let i = 0; i < repeats; i++) {
        const before = performance.now();
        const page = await call('runs.list', { filter: FILTER, sort: SORT, limit: 100, fields: ['name', 'status'] });
        asked.push(performance.now() - before);
        if (page.total === 0 && count >= 1000) throw new Error('the filter matches nothing');
        base.push(plain(rows));
      }
      return { asked, base, answers: answered - started, listed, idle, rss: rssOf(pid) };
    });
  });
}

export async function measure({ quick }) {
  const growth = [];
  let largest;
  const sizes = quick ? [10, 500] : [10, 100, 1000, 10_000];
  for (const count of sizes) {
    largest = await measureAt(count, quick ? 10 : 25);
    growth.push([count, largest.asked.toSorted((a, b) => a - b)[largest.asked.length >> 1]]);
  }
  const note = `${sizes.at(-1)} runs`;
  const least = Math.min(...largest.base);
  return [
    { name: 'filter, sort and first page, ms', values: largest.asked, atMost: 50, note },
    { name: 'the same, × over rows in memory', values: largest.asked.map((ms) => ms / least), note },
    { name: 'filter, sort and first page, ms, by runs', growth },
    { name: 'collector answers after its start, ms', values: [largest.answers], atMost: 1000, note },
    { name: 'all runs are listed after its start, ms', values: [largest.listed], atMost: 2000, note },
    { name: 'memory, MB', values: [largest.idle], atMost: 250, note },
    { name: 'the same, × a collector without runs', values: [largest.idle / (await emptyMemory())] },
    { name: 'memory after all rows were asked for at once, MB', values: [largest.rss], note },
  ];
}
