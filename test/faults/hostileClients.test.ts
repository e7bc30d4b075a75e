/** Who talks to the port and means no good: keeps connections, drips bytes, floods, never reads. Others notice nothing. */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  buildCollector,
  cleanUp,
  hello,
  newPlace,
  RunningCollector,
  until,
  WireClient,
} from '../integration/collector/harness';
import { newDice } from './seeded';

let collector: RunningCollector;
beforeAll(async () => {
  collector = await RunningCollector.start(await buildCollector(), newPlace());
});
afterAll(cleanUp);

interface Stranger {
  socket: Socket;
  closed: boolean;
}

function stranger(first: string | Buffer = ''): Promise<Stranger> {
  const socket = connect(collector.port, '127.0.0.1');
  const one = { socket, closed: false };
  socket.on('error', () => undefined);
  socket.on('close', () => (one.closed = true));
  socket.on('data', () => undefined);
  return new Promise((done) =>
    socket.once('connect', () => {
      socket.write(first);
      done(one);
    }),
  );
}

/** A script's whole way in, and a call. */
async function othersAreServed(run_id: string): Promise<void> {
  const client = await WireClient.open(collector.port);
  client.send('hello', hello(collector.token, { run_id }));
  expect(await client.next('welcome')).toMatchObject({ mode: 'stream' });
  client.send('metric', { run_id, key: 'loss', value: 1, step: 1 }, 1);
  expect(await client.next('ack')).toEqual({ seq: 1 });
  client.socket.destroy();
  await until(async () => (await collector.call('runs.get', { run_id })).metrics['loss']?.count === 1);
}

it('connections without a token do not block other clients', async () => {
  const crowd = await Promise.all(Array.from({ length: 300 }, () => stranger()));
  await othersAreServed('crowded');
  expect(crowd.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(64);
  for (const { socket } of crowd) socket.destroy();
});

it('connections that send their bytes one at a time are closed', { timeout: 600_000 }, async () => {
  const bearer = `Authorization: Bearer ${collector.token}\r\n`;
  const http = `POST /rpc HTTP/1.1\r\nHost: 127.0.0.1\r\n`;
  const openings: Record<string, string | Buffer> = {
    nothing: '',
    'half a frame': Buffer.from([0, 0, 1, 0, 0x7b]),
    'half a line': '{"v":1,',
    'half a header': http,
    'half a body, without a token': `${http}Content-Length: 1000\r\n\r\n{`,
    'half a body': `${http}${bearer}Content-Length: 1000\r\n\r\n{`,
  };
  const all = await Promise.all(
    Object.entries(openings).map(async ([what, first]) => ({ what, ...(await keepDripping(first)) })),
  );
  await othersAreServed('dripping');
  await until(() => all.every(({ one }) => one.closed), 40_000).catch(() => undefined);
  for (const { timer } of all) clearInterval(timer);
  expect(all.filter(({ one }) => !one.closed).map(({ what }) => what)).toEqual([]);
});

async function keepDripping(first: string | Buffer): Promise<{ one: Stranger; timer: NodeJS.Timeout }> {
  const one = await stranger(first);
  const isSilent = first.length === 0;
  const timer = setInterval(() => isSilent || one.socket.destroyed || one.socket.write('a'), 500);
  return { one, timer };
}

it('calls sent faster than their answers are read are queued, and all are answered', { timeout: 600_000 }, async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${collector.port}/rpc`, {
    headers: { authorization: `Bearer ${collector.token}` },
  });
  await new Promise((done) => socket.once('open', done));
  socket.pause();
  const CALLS = 20_000;
  for (let id = 1; id <= CALLS; id++)
    socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'runs.list', params: { limit: 10_000 } }));
  await othersAreServed('flooded');
  expect(residentMegabytes(collector.child.pid!)).toBeLessThan(500);
  const answered = new Set<number>();
  socket.on('message', (data: Buffer) => answered.add((JSON.parse(data.toString()) as { id: number }).id));
  socket.resume();
  await until(() => answered.size === CALLS, 40_000);
  socket.close();
});

it('garbage in every dialect, before and after a hello, affects only its sender', async () => {
  const dice = newDice('garbage');
  const noise = (length: number) => Buffer.from(Array.from({ length }, () => dice.below(256)));
  for (let round = 0; round < 150; round++) {
    const first = dice.pick(['\0', '{', 'G', 'POST /rpc HTTP/1.1\r\n', 'GET // HTTP/1.1\r\n\r\n', '\xff']);
    const one = await stranger(Buffer.concat([Buffer.from(first, 'latin1'), noise(dice.below(2000))]));
    if (dice.below(2) === 0) one.socket.destroy();
    else one.socket.end();
  }
  const client = await WireClient.open(collector.port);
  client.send('hello', hello(collector.token, { run_id: 'noisy' }));
  await client.next('welcome');
  client.socket.write(noise(100_000));
  client.send('metric', { run_id: 'noisy', key: 'loss', value: 1, step: 1 }, 1);
  await client.next('ack');
  client.socket.destroy();
  await othersAreServed('clean');
  expect(collector.stderr).not.toContain('Unexpected');
  // Nobody fills the disk with what we say of them.
  expect(collector.stderr.split('\n').length).toBeLessThan(60);
});

it('a request whose path is not a URL gets an answer', async () => {
  const one = await stranger(`GET // HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${collector.token}\r\n\r\n`);
  const answer = await new Promise<Buffer>((done) => one.socket.once('data', done));
  expect(answer.toString()).toMatch(/^HTTP\/1.1 404 /);
  one.socket.destroy();
});

function residentMegabytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
}
