/** Mutated calls of every method: each gets an answer in time, with a message where it is an error, and nothing breaks. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { methods, type Method } from '../../src/protocol/api';
import { newDice, type Dice } from '../faults/seeded';
import {
  buildCollector,
  cleanUp,
  newPlace,
  RunningCollector,
  temporaryFolder,
  until,
} from '../integration/collector/harness';
import { Process } from '../unit/collector/journal/journalFixture';
import { hostile, mutatedJson } from './hostileJson';

const CALLS = Number(process.env['XTRACK_FUZZ_CASES'] ?? 20_000) / 2;
const ANSWER_MS = 20_000;

let collector: RunningCollector;
let samples: Record<Method, object[]>;

beforeAll(async () => {
  const place = newPlace();
  for (const run of ['a', 'b', 'c']) {
    const process = new Process(place.dir, run).log('run_start', { name: run, tags: { t: '1' } });
    process
      .log('param', { key: 'lr', value: 0.1 })
      .log('checkpoint', { step: 1, path: '/nowhere', metrics: {}, is_best: true });
    for (let step = 0; step < 100; step++) process.metric('loss', step / 7, step);
    process.log('log', { level: 'info', msg: 'm' }).log('run_end', { status: 'completed' });
    process.journal.close();
  }
  collector = await RunningCollector.start(await buildCollector(), place);
  await until(async () => (await collector.call('runs.list', {})).rows.length === 3);
  const exportTo = join(temporaryFolder(), 'export');
  const page = { run_id: 'a', offset: 0, limit: 10 };
  samples = {
    'collector.info': [{}],
    'collector.configure': [{ journals: 'keep', retention: { days: 1, trash_days: null } }],
    'collector.handover': [{ version: 1 }, {}],
    'runs.list': [
      {
        filter: 'params.lr > 0 and name ~ "a"',
        sort: [{ by: 'metrics.loss.max', desc: true }],
        fields: ['status'],
        limit: 2,
      },
    ],
    'runs.get': [{ run_id: 'a' }],
    'runs.series': [
      {
        run_id: 'a',
        keys: ['loss'],
        x: 'step',
        points: 10,
        from: 0,
        to: 50,
        since: 1,
        aggregate: 'mean',
        columns: ['x'],
      },
    ],
    'runs.events': [page],
    'runs.logs': [page],
    'runs.output': [{ ...page, worker: 'worker-0', attempt: 1 }],
    'runs.update': [{ run_ids: ['a', 'b'], name: 'n', notes: 'x', starred: true, tags: { a: null, b: 'c' } }],
    'runs.delete': [{ run_ids: ['c'], restore: true }],
    'runs.purge': [{ run_ids: ['thrown-away'], wait: true }],
    'disk.usage': [{}],
    'runs.export': [
      { run_ids: ['a'], format: 'csv', path: exportTo, wait: true },
      { run_id: 'b', format: 'archive', path: exportTo },
    ],
    'runs.launch': [
      { target: { script: '/nowhere.py' }, cwd: '/', env: {}, args: ['a'], tags: {} },
      { target: { argv: ['true'] }, cwd: '/nowhere', env: {} },
    ],
    'runs.stop': [{ run_id: 'a' }],
    'runs.resume': [{ run_id: 'a', checkpoint: 'last', env: {} }],
    'runs.again': [{ run_id: 'a', checkpoint: 'last', args: ['x'], env: {}, name: 'n', tags: { a: 'b' } }],
    'runs.input': [{ run_id: 'a', data: 'y\n', worker: 'worker-0' }],
    'runs.command': [{ run_id: 'a', type: 'custom', payload: { a: 1 }, worker: 'worker-0' }],
    'runs.rebuild': [{ wait: false }],
    'tasks.get': [{ task_id: 'x', wait: true }],
    'tasks.cancel': [{ task_id: 'x' }],
    subscribe: [{ topics: ['runs', 'run:a'] }],
  };
});
afterAll(cleanUp);

interface Answer {
  status: number;
  text: string;
}

async function ask(body: string): Promise<Answer> {
  const { port, token } = collector;
  const response = await fetch(`http://127.0.0.1:${port}/rpc`, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  return { status: response.status, text: await response.text() };
}

/** Null when the answer is a proper one. */
function whatIsWrong({ status, text }: Answer): string | null {
  if (status === 204 && text === '') return null;
  if (status !== 200) return `status ${status}: ${text}`;
  const reply = JSON.parse(text) as {
    jsonrpc?: string;
    result?: unknown;
    error?: { code?: unknown; message?: unknown };
  };
  if (reply.jsonrpc !== '2.0') return 'no JSON-RPC';
  if (reply.error === undefined) return 'result' in reply ? null : 'neither result nor error';
  const { code, message } = reply.error;
  if (typeof code !== 'number' || typeof message !== 'string' || message.length < 5)
    return `error without words: ${text}`;
  // What our own code did not expect is no answer.
  return /is not a function|undefined|Cannot read|not iterable|\bat .*\.js:/.test(
    message.replace(/received undefined/g, ''),
  )
    ? `unexpected: ${message}`
    : null;
}

function call(dice: Dice): unknown {
  const method = dice.pick(Object.keys(methods) as Method[]);
  const params = mutatedJson(dice.pick(samples[method]), dice);
  const sound = { jsonrpc: '2.0', id: 1, method, params };
  const request = dice.below(20) === 0 ? mutatedJson(sound, dice) : sound;
  return isHandover(request) ? call(dice) : request;
}

/** A right one of this ends the collector, as it should. */
function isHandover(request: unknown): boolean {
  const { method, params } = (request ?? {}) as { method?: unknown; params?: { version?: unknown } };
  return method === 'collector.handover' && typeof params?.version === 'string';
}

it(`${CALLS} mutated calls are all answered`, { timeout: 250_000 }, async () => {
  const dice = newDice('rpc');
  const wrong: string[] = [];
  const slow: string[] = [];
  for (let done = 0; done < CALLS; done += 16) {
    const calls = Array.from({ length: 16 }, () => call(dice));
    await Promise.all(
      calls.map(async (request) => {
        const began = performance.now();
        const answer = await ask(JSON.stringify(request)).catch((error: unknown) => ({
          status: 0,
          text: String(error),
        }));
        const problem = whatIsWrong(answer);
        if (problem !== null) wrong.push(`${JSON.stringify(request).slice(0, 300)} → ${problem.slice(0, 300)}`);
        if (performance.now() - began > ANSWER_MS / 2) slow.push(JSON.stringify(request).slice(0, 300));
      }),
    );
    if (wrong.length > 10) break;
  }
  expect({ wrong, slow, stderr: wrong.length > 0 ? collector.stderr : '' }).toEqual({
    wrong: [],
    slow: [],
    stderr: '',
  });
  // It is the same process, and everything is where it was.
  expect(collector.child.exitCode).toBeNull();
  expect(collector.stderr).not.toContain('Unexpected');
  await collector.call('runs.update', { run_ids: ['a', 'b', 'c'], deleted: false });
  const { metrics } = await collector.call('runs.get', { run_id: 'a' });
  expect(metrics['loss']).toMatchObject({ count: 100, last: 99 / 7 });
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  // Ids that are paths made nothing.
  const { dir } = collector.place;
  expect(readdirSync(join(dir, 'runs')).filter((name) => !/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name))).toEqual([]);
  expect(existsSync(join(dir, '..', 'a'))).toBe(false);
});

it('messages that are not calls are answered, over HTTP and over a WebSocket', async () => {
  const dice = newDice('no calls');
  const texts = [
    '',
    ' ',
    'null',
    '[]',
    '[{}]',
    '{',
    '"a"',
    '1e999',
    '\0',
    '{"jsonrpc":"2.0"}',
    '['.repeat(100_000),
    '{"a":'.repeat(50_000),
  ];
  for (let i = 0; i < 100; i++) texts.push(JSON.stringify(hostile(dice)) ?? '');
  for (const text of texts) expect(whatIsWrong(await ask(text))).toBeNull();
  const { port, token } = collector;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc`, { headers: { authorization: `Bearer ${token}` } });
  await new Promise((done) => socket.once('open', done));
  let answers = 0;
  socket.on('message', () => answers++);
  for (const text of texts) socket.send(text);
  await until(() => answers === texts.length);
  socket.close();
});
