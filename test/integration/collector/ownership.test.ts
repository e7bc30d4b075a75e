import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { thisProcess } from '../../../src/collector/files/processIdentity';
import { buildCollector, cleanUp, hello, newPlace, RunningCollector, until, WireClient, type Place } from './harness';

let bundle: string;

beforeAll(async () => {
  bundle = await buildCollector();
});
afterAll(cleanUp);

function discoveryFolder(place: Place): string {
  const [folder] = readdirSync(join(place.runtime, 'xtrack'));
  return join(place.runtime, 'xtrack', folder!);
}

async function streamOne(collector: RunningCollector): Promise<void> {
  const client = await WireClient.open(collector.port);
  client.send('hello', hello(collector.token));
  client.send('run_start', { run_id: 'run-1', name: 'saved' }, 1);
  client.send('metric', { run_id: 'run-1', key: 'loss', value: 1, step: 1 }, 2);
  await client.next('ack');
  client.socket.destroy();
}

describe('a directory', () => {
  it('is created hidden from Git and inaccessible to other users', async () => {
    const collector = await RunningCollector.start(bundle, newPlace());
    expect(readFileSync(join(collector.place.dir, '.gitignore'), 'utf8')).toBe('*\n');
    expect(statSync(collector.place.dir).mode & 0o777).toBe(0o700);
    expect(statSync(discoveryFolder(collector.place)).mode & 0o777).toBe(0o700);
  });

  it('has one owner when two collectors start at once, and both report the same address', async () => {
    const place = newPlace();
    const both = await Promise.all([RunningCollector.start(bundle, place), RunningCollector.start(bundle, place)]);
    const [owner, other] = both[0].existing ? [both[1], both[0]] : both;
    expect(owner.existing).toBe(false);
    expect(other).toMatchObject({ existing: true, port: owner.port, token: owner.token });
    expect(await other.exit()).toBe(0);
    expect(await owner.call('collector.info', {})).toMatchObject({ follower: null });
  });

  it('is taken over after its owner was killed', async () => {
    const place = newPlace();
    const first = await RunningCollector.start(bundle, place);
    await first.signal('SIGKILL');
    const second = await RunningCollector.start(bundle, place);
    expect(second.existing).toBe(false);
    // Scripts elsewhere were told where the first one listens.
    expect(second).toMatchObject({ port: first.port, token: first.token });
    expect(await second.call('collector.info', {})).toMatchObject({ follower: null });
  });

  it('that another host owns is read only', async () => {
    const place = newPlace();
    mkdirSync(join(place.dir, 'runs', 'run-1'), { recursive: true });
    writeFileSync(join(place.dir, 'lease'), JSON.stringify({ ...thisProcess(), host: 'far-away', nonce: 'n' }));
    const follower = await RunningCollector.start(bundle, place);
    const { follower: reason } = await follower.call('collector.info', {});
    expect(reason).toContain('far-away');
    const launch = { target: { argv: ['true'] }, cwd: '/', env: {} };
    await expect(follower.call('runs.launch', launch)).rejects.toMatchObject({ data: { code: 'follower' } });
    await expect(follower.call('runs.update', { run_ids: ['run-1'], name: 'x' })).rejects.toMatchObject({
      data: { code: 'follower' },
    });
    const client = await WireClient.open(follower.port);
    client.send('hello', hello(follower.token));
    expect(await client.next('error')).toMatchObject({ message: expect.stringContaining('far-away') });
    await until(async () => (await follower.call('runs.list', {})).backlog_bytes === 0);
    const another = await RunningCollector.start(bundle, place);
    expect(another).toMatchObject({ existing: true, port: follower.port });
  });

  it('that cannot be written is read only, with the reason', async () => {
    const place = newPlace();
    mkdirSync(join(place.dir, 'runs'), { recursive: true });
    chmodSync(place.dir, 0o555);
    const follower = await RunningCollector.start(bundle, place, [], {}, notRoot(place));
    expect((await follower.call('collector.info', {})).follower).toContain('cannot be written');
    chmodSync(place.dir, 0o700);
  });

  it('that cannot be created is an error that says so', async () => {
    const place = newPlace();
    mkdirSync(join(place.dir, '../..'), { recursive: true });
    writeFileSync(join(place.dir, '..'), 'a file where a folder is needed');
    const failed = RunningCollector.spawn(bundle, place);
    expect(await failed.exit()).toBe(1);
    expect(failed.stderr).toContain('cannot be made');
  });

  it('that was deleted is given up', async () => {
    const collector = await RunningCollector.start(bundle, newPlace());
    writeFileSync(join(collector.place.dir, 'lease'), JSON.stringify({ ...thisProcess(), nonce: 'somebody-else' }));
    expect(await collector.exit()).toBe(1);
    expect(readFileSync(join(collector.place.dir, 'lease'), 'utf8')).toContain('somebody-else');
  });
});

/** Root may write everywhere, so that the collector of such a test is somebody else. */
function notRoot(place: Place): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const nobody = 65_534;
  for (const folder of [dirname(bundle), join(place.dir, '../..')]) chmodSync(folder, 0o755);
  chownSync(place.runtime, nobody, nobody);
  return { uid: nobody, gid: nobody };
}

describe('a shutdown', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s saves everything, releases the directory, and exits with 0',
    async (signal) => {
      const collector = await RunningCollector.start(bundle, newPlace());
      await streamOne(collector);
      expect(await collector.signal(signal)).toBe(0);
      expect(existsSync(join(collector.place.dir, 'runs', 'run-1', 'run.sqlite'))).toBe(true);
      expect(existsSync(join(collector.place.dir, 'catalog.sqlite'))).toBe(true);
      expect(existsSync(join(collector.place.dir, 'lease'))).toBe(false);
      expect(readdirSync(discoveryFolder(collector.place))).toEqual(['port', 'token']);
      const next = await RunningCollector.start(bundle, collector.place);
      await until(async () => (await next.call('runs.list', {})).rows[0]?.name === 'saved');
    },
  );

  it('comes after the idle time, but not while somebody is connected', async () => {
    const collector = await RunningCollector.start(bundle, newPlace(), ['--idle-exit', '0.03']);
    const client = await WireClient.open(collector.port);
    client.send('hello', hello(collector.token));
    await client.next('welcome');
    await new Promise((done) => setTimeout(done, 4000));
    expect(collector.child.exitCode).toBe(null);
    client.send('run_end', { run_id: 'run-1', status: 'completed' }, 1);
    await client.next('ack');
    client.socket.destroy();
    expect(await collector.exit()).toBe(0);
  });

  it('by handover lets the next version start at once', async () => {
    const place = newPlace();
    const old = await RunningCollector.start(bundle, place);
    await streamOne(old);
    expect(await old.call('collector.handover', { version: '9.9.9' })).toEqual({ ok: true });
    const next = await RunningCollector.start(bundle, place);
    expect(next.existing).toBe(false);
    expect(await old.exit()).toBe(0);
    await until(async () => (await next.call('runs.list', {})).rows[0]?.name === 'saved');
  });
});

describe('the command line', () => {
  it('names a port that is in use', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await new Promise((done) => blocker.once('listening', done));
    const { port } = blocker.address() as AddressInfo;
    const place = newPlace();
    const failed = RunningCollector.spawn(bundle, place, ['--port', String(port)]);
    expect(await failed.exit()).toBe(1);
    expect(failed.stderr).toContain(`Port ${port}`);
    expect(existsSync(join(place.dir, 'lease'))).toBe(false);
    blocker.close();
  });

  it.each([[['--dirr', 'x']], [['--port', '70000']], [['--port', 'x']], [['--idle-exit', '-1']]])(
    'refuses %j',
    async (args) => {
      const failed = RunningCollector.spawn(bundle, newPlace(), args);
      expect(await failed.exit()).toBe(1);
      expect(failed.stderr).toContain(args[0]!.slice(0, 5));
    },
  );
});
