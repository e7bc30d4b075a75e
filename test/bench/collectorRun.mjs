// A collector as it is shipped, on a directory made here.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { build as esbuild } from 'esbuild';
import { ROOT } from '../../scripts/dependencies.mjs';

export async function withDirectory(work) {
  const home = mkdtempSync(join(tmpdir(), 'xt-'));
  try {
    return await work(home);
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/** A frame as our writers make it. */
export function frame(envelope) {
  const open = Buffer.from(JSON.stringify(envelope).slice(0, -1));
  const check = Buffer.from(`,"k":"${crc32(open).toString(16).padStart(8, '0')}"}`);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(open.length + check.length);
  return Buffer.concat([size, open, check]);
}

const writerOf = (worker) => `w${worker.replaceAll('-', '')}`;

export function journalName(worker = 'worker-0') {
  return `events-${worker}-1-${writerOf(worker)}.xtj`;
}

export function journalHead(run_id, worker = 'worker-0') {
  // Of another host: there is no process to be looked for.
  const proc = { host: `not-${hostname()}`, boot: 'b', pidns: null, pid: 1, start: '1' };
  return { format: 1, run_id, worker, attempt: 1, writer: writerOf(worker), role: 'script', proc, client: 'bench' };
}

const PART_BYTES = 1 << 22;

/** A whole ended run, as its scripts left it. `metrics` yields [type, payload]; `onLine` gets their lines. Answers how many. */
export function writeRun(dir, runId, metrics, { worker = 'worker-0', onLine = () => undefined } = {}) {
  const folder = join(dir, 'runs', runId);
  mkdirSync(folder, { recursive: true });
  const file = openSync(join(folder, journalName(worker)), 'w');
  let seq = 0;
  let frames = [];
  let bytes = 0;
  const ts = Date.now() * 1000;
  const add = (t, p) => {
    const event = { v: 1, t, m: { seq, ts: ts + 1000 * seq++, wid: worker, at: 'train.py:42' }, p };
    frames.push(frame(event));
    bytes += frames.at(-1).length;
    if (bytes > PART_BYTES) flush();
    return event;
  };
  const flush = () => {
    writeSync(file, Buffer.concat(frames));
    [frames, bytes] = [[], 0];
  };
  add('journal', journalHead(runId, worker));
  add('run_start', { run_id: runId, name: runId });
  let count = 0;
  for (const [t, p] of metrics) {
    onLine(JSON.stringify(add(t, { run_id: runId, ...p })));
    count++;
  }
  add('run_end', { run_id: runId, status: 'completed' });
  flush();
  closeSync(file);
  return count;
}

/** Starts it, hands `work` a way to call it, and ends it so that everything is saved. */
export async function withCollector(home, work, args = ['--journals', 'keep']) {
  const started = performance.now();
  const child = spawn(process.execPath, [join(ROOT, 'dist/collector.js'), '--dir', join(home, '.xtrack'), ...args], {
    env: { ...process.env, XDG_RUNTIME_DIR: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    const line = await new Promise((resolve, reject) => {
      child.stdout.once('data', (data) => resolve(String(data)));
      child.once('close', (code) => reject(new Error(`The collector ended with ${code}.`)));
    });
    const { port, token } = JSON.parse(line);
    const call = async (method, params) => {
      const response = await fetch(`http://127.0.0.1:${port}/rpc`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      });
      const { result, error } = await response.json();
      if (error) throw new Error(`${method}: ${error.message}`);
      return result;
    };
    return await work({ call, started, answered: performance.now(), pid: child.pid });
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

/** MB of one that has no runs. */
export function emptyMemory() {
  return withDirectory((home) =>
    withCollector(home, async ({ call, pid }) => {
      await call('runs.list', {});
      await settled(pid);
      return rssOf(pid);
    }),
  );
}

/** Until the run's metric has that many points. */
export async function ingested(call, runId, key, count) {
  for (const deadline = Date.now() + 300_000; Date.now() < deadline;) {
    const run = await call('runs.get', { run_id: runId }).catch(() => null);
    const { count: finite = 0, nan = 0, inf = 0 } = run?.metrics[key] ?? {};
    // Whether the count includes those that are not finite is not this file's business.
    if (finite === count || finite + nan + inf === count) return performance.now();
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`${runId}: ${key} did not reach ${count} points.`);
}

/**
 * Processor time that a process has used so far, ms: it does not depend on what else the machine does. Where the system
 * does not tell, the time that passed.
 */
export function cpuOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return performance.now();
  }
}

export function ownCpu() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** What a start takes is over: in the last third of a second the process did next to nothing. */
export async function settled(pid) {
  for (let [before, i] = [-Infinity, 0]; i < 100; i++) {
    const used = cpuOf(pid);
    if (used - before <= 10) return;
    before = used;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

/** MB; null where the system does not tell. */
export function rssOf(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
  } catch {
    return null;
  }
}

/** Parts of the collector, to make large databases without large journals. */
export async function storeParts() {
  const folder = mkdtempSync(join(tmpdir(), 'xt-'));
  const outfile = join(folder, 'parts.cjs');
  try {
    await esbuild({
      stdin: {
        contents: `export { RunStore } from './src/collector/store/runStore';
          export { loadSql } from './src/collector/store/databaseFile';
          export { newRunState, addWriter } from './src/domain/run/reducer';`,
        resolveDir: ROOT,
        loader: 'ts',
      },
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'error',
    });
    const parts = createRequire(import.meta.url)(outfile);
    return { ...parts, sql: await parts.loadSql(join(ROOT, 'node_modules/sql.js/dist/sql-wasm.wasm')) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
