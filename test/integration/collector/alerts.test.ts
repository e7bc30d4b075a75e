import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Deliveries } from '../../../src/collector/server/services/webhook/deliveries';
import { signatureOf, Webhook } from '../../../src/collector/server/services/webhook/webhook';
import type { Request } from '../../../src/protocol/api';
import type { Alert, RunDetail } from '../../../src/protocol/rows';
import { buildCollector, cleanUp, newPlace, RunningCollector, temporaryFolder, until } from './harness';

interface Delivery {
  headers: IncomingHttpHeaders;
  body: string;
}

let bundle: string;
let collector: RunningCollector;
let work: string;
let server: Server;
let url: string;
let answers: number[];
const deliveries: Delivery[] = [];

beforeAll(async () => {
  bundle = await buildCollector();
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (data: Buffer) => (body += data.toString()));
    request.on('end', () => {
      deliveries.push({ headers: request.headers, body });
      response.writeHead(answers.shift() ?? 204, { location: '/elsewhere' }).end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});
beforeEach(async () => {
  deliveries.length = 0;
  answers = [];
  collector = await RunningCollector.start(bundle, newPlace());
  work = dirname(collector.place.dir);
});
afterEach(() => collector.signal('SIGTERM'));
afterAll(async () => {
  server.close();
  await cleanUp();
});

type Alerts = NonNullable<Request<'collector.configure'>['alerts']>;
const rule = (when: string, more: object = {}) => ({ when, stop: false, level: 'warning' as const, ...more });
const configure = (rules: Alerts['rules'], webhook: Alerts['webhook'] = null) =>
  collector.call('collector.configure', { alerts: { rules, webhook } });
const get = (run_id: string): Promise<RunDetail> => collector.call('runs.get', { run_id });

async function launch(body: string, env: Record<string, string> = {}): Promise<string> {
  writeFileSync(join(work, 'train.py'), `import time, xtrack\nrun = xtrack.start_run("trained")\n${body}\n`);
  const { run_id } = await collector.call('runs.launch', { target: { script: 'train.py' }, cwd: work, env });
  return run_id;
}

const ALERTED = async (run_id: string): Promise<RunDetail> => {
  await until(async () => (await get(run_id)).alerts.length > 0);
  return get(run_id);
};

describe('a rule', () => {
  it('raises an alert once when its condition becomes true, and stops the run if it says so', async () => {
    expect(await configure([rule('val_loss.last > 10', { stop: true, name: 'diverged' })])).toEqual({ ok: true });
    const run_id = await launch(
      'for step in range(10_000):\n    run.log_metric("val_loss", 9.0 + step, step=step); time.sleep(0.1)',
    );
    await until(async () => (await get(run_id)).status === 'killed');
    const { alerts } = await get(run_id);
    expect(alerts).toMatchObject([{ title: 'diverged', rule: 'val_loss.last > 10', stops: true, level: 'warning' }]);
    expect(alerts[0]?.text).toMatch(/^val_loss is \d+ at \d+$/);
    const { rows } = await collector.call('runs.list', {});
    expect(rows[0]).toMatchObject({ alerts: 1, alerted: alerts[0]?.at });
    const { lines } = await collector.call('runs.logs', { run_id });
    expect(lines.find(({ logger }) => logger === 'alert')?.message).toContain('diverged: val_loss is');
  });

  it('raises no second alert after a restart of the collector, and none for runs that ended before the rule was made', async () => {
    const before = await launch('run.log_metric("loss", float("nan"), step=1)\nrun.end()');
    // Its supervisor's word, which says when it ended.
    await until(async () => (await get(before)).attempts[0]?.exit != null);
    await configure([rule('nan')]);
    const run_id = await launch('run.log_metric("loss", float("nan"), step=1)\ntime.sleep(60)');
    expect((await ALERTED(run_id)).alerts[0]?.text).toBe('loss is NaN at 1');
    await collector.signal('SIGKILL');
    collector = await RunningCollector.start(bundle, collector.place);
    await configure([rule('nan')]);
    await new Promise((done) => setTimeout(done, 2500));
    expect((await get(run_id)).alerts).toHaveLength(1);
    expect((await get(before)).alerts).toHaveLength(0);
    await collector.call('runs.stop', { run_id });
  });

  it('waits for its duration before it reports a stalled run, and reports no run that makes progress', async () => {
    await configure([rule('stalled', { hold_s: 2 })]);
    const run_id = await launch(
      'for step in range(8): run.log_metric("loss", 1.0, step=step); time.sleep(0.4)\ntime.sleep(60)',
    );
    const { alerts, metrics } = await ALERTED(run_id);
    expect(metrics['loss']?.count).toBe(8);
    expect(alerts).toMatchObject([{ title: 'No progress', rule: 'stalled' }]);
    await collector.call('runs.stop', { run_id });
  });

  it('for idle GPUs reads the utilization of every GPU of the run from nvidia-smi', async () => {
    const tools = join(work, 'tools');
    mkdirSync(tools);
    const smi = `#!/bin/sh\nwhile :; do printf '0, %s, 1024, 61, 90\\n1, 2, 512, 40, 30\\n' "$(cat '${work}/busy')"; sleep 0.2; done\n`;
    writeFileSync(join(tools, 'nvidia-smi'), smi, { mode: 0o755 });
    writeFileSync(join(work, 'busy'), '97');
    await configure([rule('gpu idle', { hold_s: 2, name: 'wasted' })]);
    const env = { PATH: `${tools}${delimiter}${process.env['PATH']}` };
    const run_id = await launch('time.sleep(600)', env);
    const gpu = async () => (await get(run_id)).metrics['system/gpu0_util'];
    await until(async () => ((await gpu())?.count ?? 0) > 3);
    expect((await get(run_id)).alerts).toEqual([]);
    writeFileSync(join(work, 'busy'), '3');
    expect((await ALERTED(run_id)).alerts).toMatchObject([
      { title: 'wasted', rule: 'gpu idle', level: 'warning', text: expect.stringMatching(/3.*2/) },
    ]);
    expect((await gpu())?.last).toBe(3);
    await collector.call('runs.stop', { run_id });
  });

  it('that cannot be parsed is reported, and the other rules still apply', async () => {
    const { problems } = await configure([rule('loss >'), rule('status = failed', { level: 'error' })]);
    expect(problems).toHaveLength(1);
    expect(problems?.[0]).toContain('"loss >"');
    const run_id = await launch('raise ValueError("no")');
    expect((await ALERTED(run_id)).alerts).toMatchObject([{ title: 'status = failed', level: 'error' }]);
  });
});

describe('the webhook', () => {
  it('receives signed alerts from scripts and rules, and receives them again after it refused them', async () => {
    answers = [500, 503];
    await configure([rule('status = completed')], { url, secret: 'hush' });
    const run_id = await launch('run.alert("half way", "step 50 of 100", level="info")\nrun.end()');
    await until(() => deliveries.length >= 4);
    const tried = deliveries.map(({ body }) => JSON.parse(body) as { alert: Alert; run: object; text: string });
    for (const { headers, body } of deliveries) {
      const sent = headers['x-xtrack-signature'];
      expect(sent).toBe(signatureOf('hush', String(headers['x-xtrack-timestamp']), body));
    }
    expect(new Set(deliveries.map(({ headers }) => headers['x-xtrack-delivery'])).size).toBe(2);
    const half = tried.find(({ alert }) => alert.title === 'half way');
    expect(half).toMatchObject({
      text: 'trained: half way\nstep 50 of 100',
      alert: { level: 'info', text: 'step 50 of 100', rule: null },
      run: { run_id, name: 'trained', attempt: 1 },
    });
    expect(tried.some(({ alert }) => alert.rule === 'status = completed')).toBe(true);
    expect(collector.stderr).toContain('The webhook did not accept an alert (status 500)');
    expect(collector.stderr).not.toContain('hush');
  });

  it('receives pending alerts of a killed collector once from the next one, with a new signature', async () => {
    answers = [503];
    await configure([], { url, secret: 'hush' });
    await launch('run.alert("half way")\nrun.end()');
    await until(() => collector.stderr.includes('did not accept an alert (status 503)'));
    await collector.signal('SIGKILL');
    const [refused] = deliveries.splice(0);
    collector = await RunningCollector.start(bundle, collector.place);
    await new Promise((done) => setTimeout(done, 1500));
    expect(deliveries).toHaveLength(0);
    await configure([], { url, secret: 'new' });
    await configure([], { url, secret: 'new' });
    await until(() => deliveries.length > 0);
    const [{ headers, body }] = deliveries as [Delivery];
    expect(body).toBe(refused!.body);
    expect(headers['x-xtrack-delivery']).toBe(refused!.headers['x-xtrack-delivery']);
    expect(headers['x-xtrack-signature']).toBe(signatureOf('new', String(headers['x-xtrack-timestamp']), body));
    // It was taken: the next one says nothing more.
    await collector.signal('SIGTERM');
    collector = await RunningCollector.start(bundle, collector.place);
    await configure([], { url, secret: 'new' });
    await new Promise((done) => setTimeout(done, 1500));
    expect(deliveries).toHaveLength(1);
  });

  it('follows no redirects, gives up on rejected alerts, and never blocks the collector', async () => {
    const said: string[] = [];
    const unsent = new Deliveries(temporaryFolder(), (message) => said.push(message));
    const webhook = new Webhook(unsent, (message) => said.push(message), [0.05, 0.05]);
    const alert = { id: 'a', at: 1, level: 'info', title: 't', text: '', attempt: 1, worker: 'w' } as const;
    const row = { run_id: 'r', name: 'n', experiment: null, status: 'running', attempt: 1 } as const;
    webhook.alertRaised({ alert, row });
    expect(webhook.active).toBe(false);
    webhook.setTarget({ url, secret: '' });
    answers = [302];
    webhook.alertRaised({ alert, row });
    expect(webhook.active).toBe(true);
    await until(() => !webhook.active);
    expect(deliveries.map(({ headers }) => headers['x-xtrack-signature'])).toEqual([undefined]);
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port } = gone.address() as AddressInfo;
    await new Promise((closed) => gone.close(closed));
    webhook.setTarget({ url: `http://127.0.0.1:${port}/secret`, secret: '' });
    webhook.alertRaised({ alert, row });
    await until(() => !webhook.active);
    expect(said.filter((text) => text.includes('ECONNREFUSED'))).toHaveLength(3);
    expect(said.join()).not.toContain('secret');
    for (let i = 0; i < 50; i++) webhook.alertRaised({ alert, row });
    expect(said.at(-1)).toContain('too many at once');
    webhook.dispose();
    await until(() => !webhook.active);
  });
});
