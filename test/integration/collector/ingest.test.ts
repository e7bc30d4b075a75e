import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeFrame } from '../../../src/base/frames';
import type { Discovery } from '../../../src/protocol/discovery';
import { buildCollector, cleanUp, eventsIn, hello, newPlace, RunningCollector, until, WireClient } from './harness';

let bundle: string;
let collector: RunningCollector;

beforeAll(async () => {
  bundle = await buildCollector();
  collector = await RunningCollector.start(bundle, newPlace());
});
afterAll(cleanUp);

const runDir = (runId: string) => join(collector.place.dir, 'runs', runId);
const copyOf = (runId: string) => join(runDir(runId), 'events-worker-0-1-abcdef12.xtj');
const metric = (run_id: string, step: number) => ({ run_id, key: 'loss', value: 1 / step, step });

function socketPath(): string {
  const [folder] = readdirSync(join(collector.place.runtime, 'xtrack'));
  const file = join(collector.place.runtime, 'xtrack', folder!, 'collector.json');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  return (JSON.parse(readFileSync(file, 'utf8')) as Discovery).socket!;
}

describe.each(['frames', 'lines'] as const)('a client that streams %s', (dialect) => {
  it('is acknowledged once its events are stored, and its series can be read', async () => {
    const run_id = `stream-${dialect}`;
    const client = await WireClient.open(collector.port, dialect);
    client.send('hello', hello(collector.token, { run_id }));
    expect(await client.next('welcome')).toMatchObject({ mode: 'stream', after: 0 });
    client.send('run_start', { run_id, name: 'streamed' }, 1);
    for (let step = 1; step <= 50; step++) client.send('metric', metric(run_id, step), step + 1);
    await until(async () => (await client.next('ack'))['seq'] === 51);
    expect(eventsIn(copyOf(run_id)).map(({ seq }) => seq)).toEqual(Array.from({ length: 51 }, (_, i) => i + 1));
    await until(async () => {
      const { series } = await collector.call('runs.series', { run_id, keys: ['loss'], x: 'step', points: 100 });
      return series[0]?.x.length === 50;
    });
    client.socket.destroy();
  });

  it('is read however its bytes are split, and loses only a bad frame', async () => {
    const run_id = `split-${dialect}`;
    const client = await WireClient.open(collector.port, dialect);
    const garbage = dialect === 'frames' ? Buffer.from('\0\0\0\x05{"a"}x') : Buffer.from('{"v":1,\n');
    const parts = [
      client.encode('hello', hello(collector.token, { run_id })),
      client.encode('metric', metric(run_id, 1), 1),
    ];
    const bytes = Buffer.concat([...parts, garbage, client.encode('metric', metric(run_id, 2), 2)]);
    for (let at = 0; at < bytes.length; at += 7) {
      client.socket.write(bytes.subarray(at, at + 7));
      if (at % 70 === 0) await new Promise((done) => setTimeout(done, 1));
    }
    await until(() => existsSync(copyOf(run_id)) && eventsIn(copyOf(run_id)).length === 2);
    await until(() => collector.stderr.includes(`of run ${run_id} sent`));
    client.socket.destroy();
  });
});

describe('a token', () => {
  it.each([
    ['missing', undefined],
    ['wrong', 'x'.repeat(64)],
  ])('that is %s opens nothing', async (_what, token) => {
    const client = await WireClient.open(collector.port);
    client.send('hello', hello(token, { run_id: 'refused' }));
    expect(await client.next('error')).toMatchObject({ message: expect.stringContaining('token') });
    await until(() => client.closed);
    expect(existsSync(runDir('refused'))).toBe(false);
  });

  it('is required before anything else over TCP', async () => {
    const client = await WireClient.open(collector.port, 'lines');
    client.send('run_start', { run_id: 'refused' }, 1);
    expect(await client.next('error')).toMatchObject({ message: expect.stringContaining('hello') });
    await until(() => client.closed);
    expect(existsSync(runDir('refused'))).toBe(false);
  });

  it.each([
    ['run_id', '../../evil'],
    ['worker', 'a/b'],
    ['writer', ''],
  ])('does not let a %s be a path', async (field, value) => {
    const client = await WireClient.open(collector.port);
    client.send('hello', hello(collector.token, { [field]: value }));
    expect(await client.next('error')).toMatchObject({ message: expect.stringContaining(field) });
    await until(() => client.closed);
  });
});

describe('events', () => {
  it('are journaled once when they are sent twice, also over two connections', async () => {
    const run_id = 'twice';
    const first = await WireClient.open(collector.port);
    first.send('hello', hello(collector.token, { run_id }));
    await first.next('welcome');
    for (const step of [1, 2, 3]) first.send('metric', metric(run_id, step), step);
    await until(async () => (await first.next('ack'))['seq'] === 3);
    first.socket.destroy();
    const second = await WireClient.open(collector.port);
    second.send('hello', hello(collector.token, { run_id }));
    expect(await second.next('welcome')).toMatchObject({ after: 3 });
    for (const step of [2, 3, 4]) second.send('metric', metric(run_id, step), step);
    await until(async () => (await second.next('ack'))['seq'] === 4);
    expect(eventsIn(copyOf(run_id)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
    second.socket.destroy();
  });

  it('are each kept once when they arrive out of order, also over two connections', async () => {
    const run_id = 'late';
    const first = await WireClient.open(collector.port);
    first.send('hello', hello(collector.token, { run_id }));
    for (const step of [1, 6, 3]) first.send('metric', metric(run_id, step), step);
    await until(async () => (await first.next('ack'))['seq'] === 6);
    first.socket.destroy();
    await until(() => first.closed);
    const second = await WireClient.open(collector.port);
    second.send('hello', hello(collector.token, { run_id }));
    for (const step of [2, 3, 4, 6, 7]) second.send('metric', metric(run_id, step), step);
    await until(async () => (await second.next('ack'))['seq'] === 7);
    expect(eventsIn(copyOf(run_id)).map(({ seq }) => seq)).toEqual([1, 6, 3, 2, 4, 7]);
    const { metrics } = await collector.call('runs.get', { run_id });
    expect(metrics['loss']).toMatchObject({ count: 6 });
    second.socket.destroy();
  });

  it('of another run are rejected', async () => {
    const client = await WireClient.open(collector.port);
    client.send('hello', hello(collector.token, { run_id: 'mine' }));
    await client.next('welcome');
    client.send('metric', metric('yours', 1), 1);
    client.send('metric', metric('mine', 1), 2);
    await until(async () => (await client.next('ack'))['seq'] === 2);
    expect(eventsIn(copyOf('mine')).map(({ seq }) => seq)).toEqual([2]);
    expect(existsSync(runDir('yours'))).toBe(false);
    client.socket.destroy();
  });

  it('are each stored once when the collector is killed and the client sends them again', async () => {
    const place = newPlace();
    const killed = await RunningCollector.start(bundle, place);
    const run_id = 'run-1';
    const journal = 'events-worker-0-1-abcdef12.xtj';
    const client = await WireClient.open(killed.port);
    client.send('hello', hello(killed.token, { journal }));
    await client.next('welcome');
    for (let step = 1; step <= 2000; step++) client.send('metric', metric(run_id, step), step);
    await client.next('ack');
    expect(await killed.signal('SIGKILL')).toBe('SIGKILL');
    // In the middle of a write.
    const copy = join(place.dir, 'runs', run_id, journal);
    appendFileSync(copy, client.encode('metric', metric(run_id, 1), 5000).subarray(0, 60));

    const next = await RunningCollector.start(bundle, place);
    const again = await WireClient.open(next.port);
    // The token is the same, so that a script elsewhere that was given it gets in.
    again.send('hello', hello(killed.token, { journal }));
    // It has not become one whose journal we see: the file of that name is our copy.
    const { after, mode } = (await again.next('welcome')) as { after: number; mode: string };
    expect(mode).toBe('stream');
    expect(after).toBeGreaterThan(0);
    for (let step = Math.max(1, after - 10); step <= 3000; step++) again.send('metric', metric(run_id, step), step);
    await until(async () => (await again.next('ack'))['seq'] === 3000);
    const seqs = eventsIn(copy).map(({ seq }) => seq);
    expect(seqs).toEqual(Array.from({ length: 3000 }, (_, i) => i + 1));
    await until(async () => (await next.call('runs.get', { run_id })).metrics['loss']?.count === 3000);
    again.socket.destroy();
  });
});

describe('a client whose journal we see', () => {
  const head = {
    format: 1,
    run_id: 'seen',
    worker: 'worker-0',
    attempt: 1,
    writer: 'abcdef12',
    role: 'script',
    client: 't',
  };
  const proc = { host: 'elsewhere', boot: '', pidns: null, pid: 1, start: '' };
  const file = 'events-worker-0-1-abcdef12.xtj';

  it('sends only wake-ups, and the collector reads the file', async () => {
    mkdirSync(runDir('seen'), { recursive: true });
    const frames = [
      { v: 1, t: 'journal', m: { seq: 0, ts: 1 }, p: { ...head, proc } },
      { v: 1, t: 'metric', m: { seq: 1, ts: 2 }, p: metric('seen', 1) },
    ].map(encodeFrame);
    writeFileSync(join(runDir('seen'), file), Buffer.concat(frames));
    const client = await WireClient.open(collector.port);
    client.send('hello', hello(collector.token, { run_id: 'seen', journal: file }));
    expect(await client.next('welcome')).toMatchObject({ mode: 'journal', after: 1 });
    const more = encodeFrame({ v: 1, t: 'metric', m: { seq: 2, ts: 3 }, p: metric('seen', 2) });
    writeFileSync(join(runDir('seen'), file), more, { flag: 'a' });
    client.send('grown', { offset: 1 });
    await until(async () => (await collector.call('runs.get', { run_id: 'seen' })).metrics['loss']?.count === 2);
    client.socket.destroy();
  });

  it.each([
    ['of another writer', 'events-worker-0-1-abcdef12.xtj', 'deadbeef'],
    ['that is a link', 'events-link-1-abcdef12.xtj', 'abcdef12'],
    ['that is a path', '../seen/events-worker-0-1-abcdef12.xtj', 'abcdef12'],
  ])('streams instead when it names a file %s', async (_what, journal, writer) => {
    const link = join(runDir('seen'), 'events-link-1-abcdef12.xtj');
    if (!existsSync(link)) symlinkSync(join(runDir('seen'), file), link);
    const client = await WireClient.open(collector.port);
    client.send('hello', hello(collector.token, { run_id: 'seen', worker: 'worker-1', journal, writer }));
    expect(await client.next('welcome')).toMatchObject({ mode: 'stream' });
    client.socket.destroy();
  });
});

describe('a client of plain protocol v1 on the Unix socket', () => {
  it.each(['frames', 'lines'] as const)('needs no hello (%s); unknown runs are created', async (dialect) => {
    const run_id = `plain-${dialect}`;
    const client = await WireClient.open(socketPath(), dialect);
    client.send('run_start', { run_id, name: 'plain' }, 1);
    client.send('metric', metric(run_id, 1), 2);
    client.send('run_end', { run_id, status: 'completed' }, 3);
    await until(async () => existsSync(runDir(run_id)) && (await statusOf(run_id)) === 'completed');
    client.socket.end();
  });

  it('fails its attempt by closing the connection without an end, and starts a new one by connecting again', async () => {
    for (const attempt of [1, 2]) {
      const client = await WireClient.open(socketPath(), 'frames');
      client.send('run_start', { run_id: 'dropped' }, 1);
      client.send('metric', metric('dropped', attempt), 2);
      await until(
        () => existsSync(runDir('dropped')) && readdirSync(runDir('dropped')).filter(isEvents).length === attempt,
      );
      await until(async () => (await statusOf('dropped')) === 'running');
      client.socket.destroy();
      await until(async () => (await statusOf('dropped')) === 'failed');
      expect(await collector.call('runs.get', { run_id: 'dropped' })).toMatchObject({ attempt });
    }
  });
});

describe('commands', () => {
  it('reach connected clients at once, and streaming clients also receive missed ones', async () => {
    const run_id = 'commanded';
    const client = await WireClient.open(collector.port);
    client.send('hello', hello(collector.token, { run_id }));
    await client.next('welcome');
    client.send('run_start', { run_id }, 1);
    await client.next('ack');
    await until(async () => (await statusOf(run_id)) !== null);
    const { cmd_id } = await collector.call('runs.command', { run_id, type: 'adjust_lr', payload: { lr: 0.1 } });
    expect(await client.next('command')).toMatchObject({ cmd_id, type: 'adjust_lr', payload: { lr: 0.1 } });
    client.send('command_ack', { run_id, cmd_id, status: 'done' }, 2);
    await until(async () => {
      const { commands } = await collector.call('runs.get', { run_id });
      return commands[0]?.acks[0]?.status === 'done';
    });
    client.socket.destroy();
    const late = await WireClient.open(collector.port);
    late.send('hello', hello(collector.token, { run_id }));
    expect(await late.next('command')).toMatchObject({ cmd_id });
    late.socket.destroy();
  });
});

function isEvents(name: string): boolean {
  return name.startsWith('events-');
}

async function statusOf(run_id: string): Promise<string | null> {
  return collector.call('runs.get', { run_id }).then(
    ({ status }) => status,
    () => null,
  );
}
