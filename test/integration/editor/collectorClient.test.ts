import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { setTexts } from '../../../src/base/texts';
import { CollectorClient, compareVersions } from '../../../src/editor/collectors/collectorClient';
import { ApiError } from '../../../src/protocol/apiError';
import type { Changed } from '../../../src/protocol/rows';

const DIST = resolve(__dirname, '../../../dist');
const { version } = JSON.parse(readFileSync(resolve(DIST, '../package.json'), 'utf8')) as { version: string };

let root: string;
const clients: CollectorClient[] = [];
const pids = new Set<number>();
const messages: string[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'xt-'));
  mkdirSync(join(root, 'run'), { mode: 0o700 });
  messages.length = 0;
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.dispose();
  for (const pid of pids) await end(pid, 'SIGTERM');
  pids.clear();
  rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
});

function client(build: string, bundle = join(DIST, 'collector.js'), dir = join(root, '.xtrack')): CollectorClient {
  const made = new CollectorClient(dir, {
    version,
    build,
    env: { ...process.env, XDG_RUNTIME_DIR: join(root, 'run') },
    installedCollector: async () => bundle,
    idleExitMinutes: () => 10,
    journals: () => 'keep',
    retention: () => ({ days: null, trash_days: 30 }),
    alerts: () => ({ rules: [], webhook: null }),
    refused: (problems) => messages.push(...problems),
    errorFile: () => join(root, 'collector.log'),
    log: (_level, message) => messages.push(message),
  });
  clients.push(made);
  return made;
}

async function connected(made: CollectorClient): Promise<{ pid: number; build: string }> {
  const info = await made.call('collector.info', {});
  pids.add(info.pid);
  return info;
}

async function end(pid: number, signal: NodeJS.Signals): Promise<void> {
  try {
    process.kill(pid, signal);
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(), { timeout: 60_000 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

describe('a window and its collector', () => {
  test('the first window starts one, the second finds it', async () => {
    const first = await connected(client('any'));
    const second = await connected(client(first.build));
    expect(second.pid).toBe(first.pid);
  });

  test('two windows that open at once share one', async () => {
    const build = (await connected(client('any'))).build;
    await end([...pids][0] ?? 0, 'SIGTERM');
    const infos = await Promise.all([connected(client(build)), connected(client(build))]);
    expect(infos[0].pid).toBe(infos[1].pid);
  });

  test('one that is killed is started again, and changes are heard again', async () => {
    const window = client('any');
    const before = await connected(window);
    const changes: Changed[] = [];
    window.onChanged((change) => changes.push(change));
    const states: unknown[] = [];
    window.onState((state) => states.push(state));
    process.kill(before.pid, 'SIGKILL');
    await vi.waitFor(() => expect(states).toContain('connecting'), { timeout: 60_000 });
    await vi.waitFor(() => expect(window.state).toBe('connected'), { timeout: 60_000 });
    const after = await connected(window);
    expect(after.pid).not.toBe(before.pid);
    const script = join(root, 'train.py');
    writeFileSync(
      script,
      'import xtrack\nwith xtrack.start_run(name="one") as run:\n    run.log_metric("loss", 1.0)\n',
    );
    const request = { target: { script }, cwd: root, env: {} };
    const { run_id } = await window.call('runs.launch', request);
    const heard = (): boolean => changes.some(({ topic, run_ids }) => topic === 'runs' && run_ids?.includes(run_id));
    await vi.waitFor(() => expect(heard()).toBe(true), { timeout: 60_000 });
    // The supervisor's word is the last that is written to the folder.
    const exit = async () => (await window.call('runs.get', { run_id })).attempts.at(-1)?.exit;
    await vi.waitFor(async () => expect(await exit()).toMatchObject({ code: 0 }), { timeout: 60_000 });
  });

  test('a call that was under way when the collector went is rejected, not left', async () => {
    const window = client('any');
    const { pid } = await connected(window);
    const call = window.call('runs.list', {});
    process.kill(pid, 'SIGKILL');
    await Promise.allSettled([call]);
    // Either it was answered in time, or it was told why not.
    await call.catch((error: unknown) => expect(error).toBeInstanceOf(ApiError));
    await vi.waitFor(() => expect(window.state).toBe('connected'), { timeout: 60_000 });
    await connected(window);
  });

  test('the end of every run is told: whoever lists what changed sees them all ended', async () => {
    const window = client('any');
    await connected(window);
    const listed = new Map<string, string>();
    const list = async ({ topic, run_ids }: Changed): Promise<void> => {
      if (topic !== 'runs' || !run_ids) return;
      const filter = `run_id in (${run_ids.map((id) => JSON.stringify(id)).join(', ')})`;
      for (const row of (await window.call('runs.list', { filter })).rows) listed.set(row.run_id, row.status);
    };
    window.onChanged((change) => void list(change));
    const script = join(root, 'train.py');
    writeFileSync(script, 'import xtrack\nwith xtrack.start_run() as run:\n    raise ValueError("no")\n');
    const runs: string[] = [];
    for (let i = 0; i < 8; i++) {
      const { run_id } = await window.call('runs.launch', { target: { script }, cwd: root, env: {} });
      runs.push(run_id);
      await vi.waitFor(async () => expect((await window.call('runs.get', { run_id })).status).toBe('failed'), {
        timeout: 60_000,
        interval: 100,
      });
    }
    const statuses = (): (string | undefined)[] => runs.map((run_id) => listed.get(run_id));
    await vi.waitFor(() => expect(statuses()).toEqual(runs.map(() => 'failed')), { timeout: 3000 });
  });

  test('one of another build is replaced, but two windows do not take turns at it', async () => {
    const old = client('any');
    const first = await connected(old);
    const other = client('other build');
    const second = await connected(other);
    expect(second.pid).not.toBe(first.pid);
    await vi.waitFor(() => expect(old.info?.pid).toBe(second.pid), { timeout: 60_000 });
    expect((await connected(old)).pid).toBe(second.pid);
    expect((await connected(other)).pid).toBe(second.pid);
  });

  test('one that cannot start says why', async () => {
    const broken = join(root, 'broken.js');
    writeFileSync(broken, 'console.error("no room on the disk"); process.exit(3);');
    const window = client('any', broken);
    await expect(window.call('collector.info', {})).rejects.toThrow(/did not start: no room on the disk/);
    expect(window.state).toEqual({ error: expect.stringContaining('no room on the disk') as string });
  });

  test('what the collector refuses arrives with its code and audience', async () => {
    const window = client('any');
    await connected(window);
    const refused = window.call('runs.list', { filter: 'status = ' });
    await expect(refused).rejects.toMatchObject({ data: { code: 'query_syntax', audience: 'user' } });
  });

  test('what the collector refuses is told in the language of the editor', async () => {
    setTexts({ 'Expected a value, found {0}.': '{0}, wo ein Wert sein muss.', 'the end of the query': 'das Ende' });
    const window = client('any');
    await connected(window);
    const refused = window.call('runs.list', { filter: 'status = ' });
    await expect(refused).rejects.toThrow('das Ende, wo ein Wert sein muss.');
    setTexts();
    const again = window.call('runs.list', { filter: 'status = ' });
    await expect(again).rejects.toThrow('Expected a value, found the end of the query.');
  });
});

test.each([
  ['0.1.0', '0.2.0', -1],
  ['1.0.0', '0.9.9', 1],
  ['0.1.0', '0.1.0', 0],
  ['0.1', '0.1.0', 0],
])('version %s against %s', (a, b, sign) => expect(Math.sign(compareVersions(a, b))).toBe(sign));
