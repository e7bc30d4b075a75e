import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  buildCollector,
  cleanUp,
  hello,
  newPlace,
  RunningCollector,
  temporaryFolder,
  until,
  WireClient,
} from './harness';

let bundle: string;
let collector: RunningCollector;

beforeAll(async () => {
  bundle = await buildCollector();
  collector = await RunningCollector.start(bundle, newPlace());
  await streamRun('first', 20);
});
afterAll(cleanUp);

async function streamRun(run_id: string, points: number): Promise<void> {
  const client = await WireClient.open(collector.port);
  client.send('hello', hello(collector.token, { run_id }));
  client.send('run_start', { run_id, name: run_id }, 1);
  for (let step = 1; step <= points; step++)
    client.send('metric', { run_id, key: 'loss', value: step, step }, step + 1);
  client.send('run_end', { run_id, status: 'completed' }, points + 2);
  await until(async () => (await client.next('ack'))['seq'] === points + 2);
  await until(async () =>
    (await collector.call('runs.list', {})).rows.some((row) => row.run_id === run_id && row.ended !== null),
  );
  client.socket.destroy();
}

const info = { jsonrpc: '2.0', id: 1, method: 'collector.info', params: {} };

/** fetch sets Host itself. */
function withHost(host: string): Promise<number> {
  return new Promise((done, reject) => {
    const headers = { host, authorization: `Bearer ${collector.token}` };
    const asked = request({ port: collector.port, host: '127.0.0.1', path: '/health', headers }, (response) => {
      response.resume();
      done(response.statusCode!);
    });
    asked.on('error', reject).end();
  });
}

describe('the transport', () => {
  it('rejects requests without the token', async () => {
    for (const authorization of ['', 'Bearer', 'Bearer wrong', `Basic ${collector.token}`])
      expect((await collector.post(info, { authorization })).status).toBe(401);
    const inAddress = await fetch(`http://127.0.0.1:${collector.port}/health?token=${collector.token}`);
    expect(inAddress.status).toBe(401);
    expect((await collector.post(info)).status).toBe(200);
  });

  it('rejects requests from web pages and with foreign Host headers', async () => {
    expect((await collector.post(info, { origin: 'http://localhost:3000' })).status).toBe(403);
    expect(await withHost('evil.example')).toBe(403);
    expect(await withHost(`localhost:${collector.port}`)).toBe(200);
    expect(await withHost('[::1]')).toBe(200);
  });

  it('rejects preflight requests and submitted forms of web pages', async () => {
    const address = `http://127.0.0.1:${collector.port}/rpc`;
    const asked = await fetch(address, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(asked.status).toBe(403);
    expect([...asked.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    const form = { origin: 'null', authorization: '', 'content-type': 'text/plain' };
    expect((await collector.post(info, form)).status).toBe(403);
    // A picture or a link sends no Origin.
    expect((await fetch(address)).status).toBe(401);
  });

  it('rejects bodies over 1 MB', async () => {
    expect((await collector.post(`"${'x'.repeat(2 << 20)}"`)).status).toBe(413);
    expect((await collector.post(info)).status).toBe(200);
  });

  it('rejects WebSockets without the token or from a web page', async () => {
    const fromPage = { ...bearer(), origin: 'https://evil.example' };
    const rebound = { ...bearer(), host: `evil.example:${collector.port}` };
    for (const headers of [{ authorization: '' }, { authorization: 'Bearer wrong' }, fromPage, rebound])
      await expect(openSocket(headers)).rejects.toThrow(/401|403/);
  });

  it('answers a request that arrives in pieces', async () => {
    const body = JSON.stringify(info);
    const text = `POST /rpc HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${collector.token}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
    const socket = connect(collector.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (bytes: Buffer) => (answer += bytes.toString()));
    for (let at = 0; at < text.length; at += 11) {
      socket.write(text.slice(at, at + 11));
      await new Promise((done) => setTimeout(done, 2));
    }
    await until(() => answer.includes('"protocol":1'));
    socket.destroy();
  });
});

describe('JSON-RPC', () => {
  it.each([
    ['no JSON', '{', -32700],
    ['a batch', [info], -32600],
    ['an old version', { ...info, jsonrpc: '1.0' }, -32600],
    ['an unknown method', { ...info, method: 'runs.destroy' }, -32601],
    ['an inherited name', { ...info, method: 'toString' }, -32601],
    ['params that are no object', { ...info, params: [1] }, -32602],
  ])('tells %s', async (_what, body, code) => {
    expect(await (await collector.post(body)).json()).toMatchObject({ error: { code } });
  });

  it('names the invalid field in an error', async () => {
    await expect(collector.call('runs.get', { run_id: '../x' })).rejects.toMatchObject({
      rpc: { code: -32000, data: { code: 'invalid', audience: 'user', field: 'run_id' } },
    });
    await expect(collector.call('runs.get', { run_id: 'nobody' })).rejects.toMatchObject({
      data: { code: 'not_found' },
    });
    await expect(collector.call('runs.list', { filter: 'status = = 3' })).rejects.toMatchObject({
      data: { code: 'query_syntax', column: expect.any(Number) },
    });
  });

  it('returns the version and the process of the collector', async () => {
    expect(await collector.call('collector.info', {})).toMatchObject({
      version: '0.0.1',
      build: 'test-build',
      protocol: 1,
      pid: collector.child.pid,
      follower: null,
    });
  });
});

describe('subscriptions', () => {
  it('notify without data, at most 20 times a second, and only about the chosen topics', async () => {
    const socket = await openSocket(bearer());
    const heard: { method?: string; params?: { topic: string; run_ids?: string[] }; at: number }[] = [];
    socket.on('message', (data: Buffer) =>
      heard.push({ ...(JSON.parse(data.toString()) as object), at: performance.now() }),
    );
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 7, method: 'subscribe', params: { topics: ['runs'] } }));
    await until(() => heard.length === 1);
    expect(heard[0]).toMatchObject({ id: 7, result: { topics: ['runs'] } });
    await Promise.all(['second', 'third', 'fourth'].map((runId) => streamRun(runId, 200)));
    await until(() =>
      ['second', 'third', 'fourth'].every((id) => heard.some(({ params }) => params?.run_ids?.includes(id))),
    );
    const changed = heard.slice(1);
    expect(new Set(changed.map(({ params }) => params?.topic))).toEqual(new Set(['runs']));
    expect(Object.keys(changed[0]!.params!).sort()).toEqual(['rev', 'run_ids', 'topic']);
    const seconds = Math.max(0.05, (changed.at(-1)!.at - changed[0]!.at) / 1000);
    expect(changed.length).toBeLessThanOrEqual(seconds * 20 + 2);
    socket.terminate();
  });
});

describe('edits', () => {
  it('appear in the reply, override the script, and survive a restart', async () => {
    const { rows } = await collector.call('runs.update', {
      run_ids: ['first'],
      name: 'Renamed',
      starred: true,
      tags: { team: 'nlp' },
      notes: 'a note',
    });
    expect(rows[0]).toMatchObject({ name: 'Renamed', starred: true, tags: { team: 'nlp' }, checkpoints: 0 });
    expect(Object.keys(rows[0]!)).not.toContain('notes');
    await collector.call('runs.delete', { run_ids: ['first'] });
    expect((await collector.call('runs.list', {})).rows.map((row) => row.run_id)).not.toContain('first');
    await collector.call('runs.delete', { run_ids: ['first'], restore: true });

    expect(await collector.signal('SIGKILL')).toBe('SIGKILL');
    collector = await RunningCollector.start(bundle, collector.place);
    await until(async () => (await collector.call('runs.list', {})).rows.some((row) => row.name === 'Renamed'));
    expect(await collector.call('runs.get', { run_id: 'first' })).toMatchObject({ notes: 'a note', starred: true });
    await collector.call('runs.update', { run_ids: ['first'], tags: { team: null } });
    expect((await collector.call('runs.get', { run_id: 'first' })).tags).toEqual({});
  });
});

describe('rows of an edit', () => {
  it('are the rows of the list: no field of the detail is among them', async () => {
    await streamRun('edited', 2);
    const listed = async (trash = false) =>
      (await collector.call('runs.list', { trash })).rows.find((row) => row.run_id === 'edited');
    // Sizes are counted a little later.
    await until(async () => (await listed())?.files_size !== undefined);
    const { rows } = await collector.call('runs.update', { run_id: 'edited', starred: true });
    expect(Object.keys(rows[0]!).sort()).toEqual(Object.keys((await listed())!).sort());
    expect(rows[0]).toMatchObject({ starred: true, checkpoints: 0, artifacts: 0, alerts: 0 });
    const trashed = (await collector.call('runs.update', { run_id: 'edited', deleted: true })).rows[0]!;
    expect(Object.keys(trashed).sort()).toEqual(Object.keys((await listed(true))!).sort());
    expect(trashed.trashed).toBeGreaterThan(0);
  });
});

describe('output', () => {
  it('is read by offset from the latest attempt', async () => {
    const file = join(collector.place.dir, 'runs', 'first', 'output-worker-0-1.log');
    appendFileSync(file, 'hello ');
    appendFileSync(file, Buffer.from([0xff, 0x0a]));
    const all = await collector.call('runs.output', { run_id: 'first' });
    expect(all).toMatchObject({ worker: 'worker-0', attempt: 1, offset: 0, next: 8, size: 8 });
    expect(Buffer.from(all.data, 'base64')).toEqual(Buffer.concat([Buffer.from('hello '), Buffer.from([0xff, 0x0a])]));
    const rest = await collector.call('runs.output', { run_id: 'first', offset: 6, limit: 1 });
    expect(rest).toMatchObject({ data: Buffer.from([0xff]).toString('base64'), next: 7 });
    const none = await collector.call('runs.output', { run_id: 'second' });
    expect(none).toMatchObject({ files: [], worker: null, data: '' });
  });
});

describe('requests', () => {
  it('accept one run or several, and fail when they name none', async () => {
    await streamRun('single', 3);
    expect(await collector.call('runs.update', { run_id: 'single', starred: true })).toMatchObject({
      rows: [{ run_id: 'single', starred: true }],
    });
    const shown = async () => (await collector.call('runs.list', { filter: 'name = single' })).total;
    expect(await collector.call('runs.delete', { run_id: 'single' })).toEqual({ run_ids: ['single'] });
    expect(await shown()).toBe(0);
    await collector.call('runs.update', { run_id: 'single', deleted: false });
    expect(await shown()).toBe(1);
    await collector.call('runs.delete', { run_ids: ['single'] });
    for (const params of [{}, { run_ids: [] }])
      await expect(collector.call('runs.delete', params)).rejects.toMatchObject({ data: { code: 'invalid' } });
  });

  it('for more than fits in one reply return as much as fits', async () => {
    expect(await collector.call('runs.list', { limit: 1e9 })).toMatchObject({ cursor: null });
    const { series } = await collector.call('runs.series', { run_id: 'first', keys: ['loss'], x: 'step', points: 1e9 });
    expect(series[0]).toMatchObject({ exact: true });
  });

  it('for series get all columns, or those that they name', async () => {
    const question = { run_id: 'first', keys: ['loss'], x: 'step' as const, points: 100 };
    const [all] = (await collector.call('runs.series', question)).series;
    const [some] = (await collector.call('runs.series', { ...question, columns: ['x', 'max'] })).series;
    const { first: _first, last: _last, min: _min, n: _n, ...rest } = all!;
    expect(all!.first).toHaveLength(20);
    expect(some).toEqual(rest);
    const wrong = collector.call('runs.series', { ...question, columns: ['y'] } as never);
    await expect(wrong).rejects.toMatchObject({ data: { code: 'invalid', field: 'columns.0' } });
  });
});

describe('export', () => {
  it('writes every point as CSV and as JSON', async () => {
    const path = join(temporaryFolder(), 'runs.csv');
    const { task_id } = await collector.call('runs.export', { run_ids: ['first', 'second'], format: 'csv', path });
    expect(await collector.call('tasks.get', { task_id, wait: true })).toMatchObject({
      state: 'done',
      message: `Exported to ${path}`,
      text: { text: 'Exported to {0}', args: [path] },
      result: { path },
    });
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    expect(lines[0]).toBe('run_id,name,worker,key,step,value');
    expect(lines.slice(1, 21)).toEqual(
      Array.from({ length: 20 }, (_, i) => `first,Renamed,worker-0,loss,${i + 1},${i + 1}`),
    );
    expect(lines).toHaveLength(1 + 20 + 200);
    const json = await collector.call('runs.export', { run_ids: ['first'], format: 'json', path });
    await collector.call('tasks.get', { task_id: json.task_id, wait: true });
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({
      runs: [{ run_id: 'first', series: [{ key: 'loss' }] }],
    });
  });

  it('packs run directories unchanged, including files with long names, into an archive that opens elsewhere', async () => {
    const writer = 'w'.repeat(120);
    const client = await WireClient.open(collector.port);
    client.send('hello', hello(collector.token, { run_id: 'packed', writer }));
    for (let step = 1; step <= 500; step++)
      client.send('metric', { run_id: 'packed', key: 'loss', value: step, step }, step);
    await until(async () => (await client.next('ack'))['seq'] === 500);
    client.socket.destroy();
    const path = join(temporaryFolder(), 'runs.tgz');
    const done = await collector.call('runs.export', {
      run_ids: ['packed', 'first'],
      format: 'archive',
      path,
      wait: true,
    });
    expect(done).toMatchObject({ state: 'done', result: { path } });
    const place = newPlace();
    mkdirSync(join(place.dir, 'runs'), { recursive: true });
    execFileSync('tar', ['-xzf', path, '-C', join(place.dir, 'runs')]);
    expect(readdirSync(join(place.dir, 'runs/packed'))).toContain(`events-worker-0-1-${writer}.xtj`);
    const other = await RunningCollector.start(bundle, place);
    await until(async () => (await other.call('runs.list', {})).total === 2);
    expect((await other.call('runs.get', { run_id: 'packed' })).metrics['loss']).toMatchObject({
      count: 500,
      max: 500,
    });
    expect(await other.call('runs.get', { run_id: 'first' })).toMatchObject({ name: 'Renamed' });
    await other.signal('SIGTERM');
  });

  it('names the path that it cannot write to', async () => {
    const bad = { run_ids: ['first'], format: 'csv' as const, path: '/nowhere/at/all.csv' };
    await expect(collector.call('runs.export', bad)).rejects.toMatchObject({
      data: { code: 'invalid', field: 'path' },
    });
  });
});

describe('rebuild', () => {
  it('restores the same runs from the journals', async () => {
    const before = await collector.call('runs.get', { run_id: 'first' });
    const { task_id } = await collector.call('runs.rebuild', {});
    expect(await collector.call('tasks.get', { task_id, wait: true })).toMatchObject({ state: 'done' });
    const after = await collector.call('runs.get', { run_id: 'first' });
    expect({ ...after, rev: 0 }).toEqual({ ...before, rev: 0 });
  });
});

function bearer(): { authorization: string } {
  return { authorization: `Bearer ${collector.token}` };
}

function openSocket(headers: Record<string, string>): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${collector.port}/rpc`, { headers });
  return new Promise((done, reject) => {
    socket.once('open', () => done(socket));
    socket.once('error', reject);
  });
}
