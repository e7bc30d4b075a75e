// A collector that starts on a large backlog: when it answers, what it shows first, how long a question takes meanwhile.
import { appendFileSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { frame, journalHead, journalName, withCollector, withDirectory } from './collectorRun.mjs';

const QUESTIONS = 40;
const WRITES_EVERY_MS = 20;

/** The same training under many ids; nothing in an event names its run. */
function writeBacklog(dir, runs, bytesEach) {
  const ts = Date.now() * 1000;
  const events = [];
  for (let seq = 2, bytes = 0; bytes < bytesEach; seq++) {
    const p = { key: `train/m${seq % 5}`, value: Math.sin(seq) / seq, step: seq };
    const event = frame({ v: 1, t: 'metric', m: { seq, ts: ts + seq * 1000, wid: 'worker-0', at: 'train.py:41' }, p });
    bytes += event.length;
    events.push(event);
  }
  const body = Buffer.concat(events);
  const end = frame({ v: 1, t: 'run_end', m: { seq: events.length + 2, ts: ts + 1e9 }, p: { status: 'completed' } });
  for (let i = 0; i < runs; i++) {
    const run_id = `run-${String(i).padStart(5, '0')}`;
    const folder = join(dir, 'runs', run_id);
    mkdirSync(folder, { recursive: true });
    const start = [
      frame({ v: 1, t: 'journal', m: { seq: 0, ts }, p: journalHead(run_id) }),
      frame({ v: 1, t: 'run_start', m: { seq: 1, ts: ts - i * 1e6 }, p: { name: run_id } }),
    ];
    // The first one goes on.
    const parts = i === 0 ? [...start, body] : [...start, body, end];
    writeFileSync(join(folder, journalName()), Buffer.concat(parts));
    const made = Date.now() / 1000 - i * 60;
    utimesSync(folder, made, made);
  }
  return runs * body.length;
}

/** The run that goes on logs `live` all the time, as a script does while an editor starts. */
function goOn(dir) {
  const path = join(dir, 'runs', 'run-00000', journalName());
  const first = 100_000_000;
  let written = 0;
  const timer = setInterval(() => {
    const m = { seq: first + written, ts: Date.now() * 1000, wid: 'worker-0', at: 'train.py:42' };
    appendFileSync(path, frame({ v: 1, t: 'metric', m, p: { key: 'live', value: written, step: written } }));
    written++;
  }, WRITES_EVERY_MS);
  return { written: () => written, stop: () => clearInterval(timer) };
}

export async function measureBacklog(runs, bytesEach) {
  return withDirectory(async (home) => {
    const bytes = writeBacklog(join(home, '.xtrack'), runs, bytesEach);
    const live = goOn(join(home, '.xtrack'));
    return withCollector(home, async ({ call, started, answered }) => {
      const found = { bytes, answers: answered - started, first: null, current: null, ten: null, told: 0 };
      Object.assign(found, { asked: [], order: [] });
      for (let i = 0; i < QUESTIONS || found.ten === null || found.current === null; i++) {
        const before = performance.now();
        const written = live.written();
        const { rows, total, backlog_bytes } = await call('runs.list', {
          sort: [{ by: 'created', desc: true }],
          limit: 10,
        });
        const now = performance.now();
        found.asked.push(now - before);
        found.told = Math.max(found.told, backlog_bytes);
        for (const { run_id } of rows) if (!found.order.includes(run_id)) found.order.push(run_id);
        if (total >= 1) found.first ??= now - started;
        // All that was logged when it was asked for, but the last tenth of a second.
        const read = rows.find(({ run_id }) => run_id === 'run-00000')?.metrics.live?.count ?? 0;
        if (written > 0 && read >= written - 100 / WRITES_EVERY_MS) found.current ??= now - started;
        if (total >= Math.min(10, runs)) found.ten ??= now - started;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return found;
    }).finally(live.stop);
  });
}

/** What starting any program of this kind takes. */
async function emptyStart() {
  const began = performance.now();
  const child = spawn(process.execPath, ['-e', 'console.log(1)'], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return performance.now() - began;
}

export async function measure({ quick }) {
  const [runs, each] = quick ? [20, 2e6] : [60, 8e6];
  const repeats = quick ? 1 : 3;
  const found = [];
  const empty = [];
  for (let i = 0; i < repeats; i++) {
    empty.push(await emptyStart());
    found.push(await measureBacklog(runs, each));
  }
  const note = `${(found[0].bytes / 1e6).toFixed(0)} MB of journals`;
  return [
    { name: 'collector answers after its start, ms', values: found.map(({ answers }) => answers), atMost: 1000, note },
    {
      name: 'the same, × a node process that does nothing',
      values: found.map(({ answers }, i) => answers / empty[i]),
    },
    { name: 'newest run of a backlog is listed, ms', values: found.map(({ first }) => first), atMost: 2000, note },
    { name: "the same, × the collector's start", values: found.map(({ first, answers }) => first / answers) },
    {
      name: 'the run that goes on is current (within 0.1 s), ms',
      values: found.map(({ current }) => current),
      atMost: 2000,
      note,
    },
    { name: "the same, × the collector's start", values: found.map(({ current, answers }) => current / answers) },
    { name: 'a page of the list meanwhile, ms', values: found.flatMap(({ asked }) => asked), atMost: 50, note },
  ];
}

if (process.argv[1] === import.meta.filename) {
  const [runs, megabytes] = process.argv.slice(2).map(Number);
  const { asked, order, bytes, told, ...times } = await measureBacklog(runs, megabytes * 1e6);
  const sorted = asked.toSorted((a, b) => a - b);
  const quantile = (q) => sorted[Math.floor(q * (sorted.length - 1))].toFixed(1);
  console.log({
    ...times,
    gigabytes: bytes / 1e9,
    told: told / 1e9,
    p50: quantile(0.5),
    p99: quantile(0.99),
    order: order.slice(0, 4),
  });
}
