/** A repository, or an archive, that brings an `.xtrack/` which somebody prepared: it is shown as far as it can be, and does nothing. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { crc32, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { encodeFrame } from '../../src/base/frames';
import {
  buildCollector,
  cleanUp,
  newPlace,
  RunningCollector,
  temporaryFolder,
  until,
  type Place,
} from '../integration/collector/harness';
import { Process } from '../unit/collector/journal/journalFixture';
import { testSql } from '../unit/collector/store/storeFixtures';

const PRECIOUS = 'the user’s own file';

let bundle: string;
let place: Place;
let precious: string;
beforeAll(async () => {
  bundle = await buildCollector();
});
beforeEach(() => {
  place = newPlace();
  mkdirSync(join(place.dir, 'runs'), { recursive: true });
  precious = join(temporaryFolder(), 'precious');
  writeFileSync(precious, PRECIOUS);
});
afterAll(cleanUp);

/** A sound run beside whatever else there is. */
function goodRun(id = 'good'): string {
  const process = new Process(place.dir, id)
    .metric('loss', 1, 1)
    .metric('loss', 2, 2)
    .log('run_end', { status: 'completed' });
  process.journal.close();
  return join(place.dir, 'runs', id);
}

const start = () => RunningCollector.start(bundle, place, ['--seal-after', '0']);

async function goodIsShown(collector: RunningCollector, id = 'good'): Promise<void> {
  await until(
    async () =>
      (await collector.call('runs.list', {})).rows.some((row) => row.run_id === id && row.status === 'completed'),
    30_000,
  );
  expect((await collector.call('runs.get', { run_id: id })).metrics['loss']).toMatchObject({ count: 2, last: 2 });
}

async function endsWell(collector: RunningCollector): Promise<void> {
  expect(await collector.signal('SIGTERM')).toBe(0);
  expect(readFileSync(precious, 'utf8')).toBe(PRECIOUS);
  expect(collector.stderr).not.toContain('Unexpected');
}

it('symbolic links are followed neither for reading nor for writing', async () => {
  const dir = goodRun();
  const outside = join(temporaryFolder(), 'elsewhere');
  mkdirSync(outside);
  writeFileSync(join(outside, 'events-worker-0-1-abc.xtj'), 'secret');
  symlinkSync(outside, join(place.dir, 'runs', 'linked'));
  for (const name of [
    'run.sqlite',
    'run.sqlite.tmp',
    'seal.json',
    'seal.json.tmp',
    'sealed.sqlite',
    'sealed.sqlite.tmp',
  ])
    symlinkSync(precious, join(dir, name));
  for (const name of ['commands.xtj', 'events-worker-1-1-abc.xtj', 'user-abc.xtj', 'output-worker-0-1.log'])
    symlinkSync(precious, join(dir, name));
  for (const name of ['catalog.sqlite', 'catalog.sqlite.tmp', 'lease']) symlinkSync(precious, join(place.dir, name));
  const collector = await start();
  await goodIsShown(collector);
  await expect(collector.call('runs.get', { run_id: 'linked' })).rejects.toThrow('There is no run');
  const output = await collector.call('runs.output', { run_id: 'good' });
  expect(output.files).toEqual([]);
  await collector.call('runs.update', { run_ids: ['good'], name: 'renamed' });
  await collector.call('runs.command', { run_id: 'good', type: 'stop' }).catch(() => undefined);
  await collector.call('runs.rebuild', { wait: true });
  await goodIsShown(collector);
  await endsWell(collector);
});

it('reading does not block on pipes without a writer', async () => {
  const dir = goodRun();
  const pipes = ['run.sqlite', 'seal.json', 'commands.xtj', 'events-worker-1-1-abc.xtj', 'output-worker-0-1.log'].map(
    (name) => join(dir, name),
  );
  execFileSync('mkfifo', [
    ...pipes,
    join(place.dir, 'catalog.sqlite'),
    join(place.dir, 'lease'),
    join(place.dir, 'runs', 'pipe'),
  ]);
  const collector = await start();
  await goodIsShown(collector);
  const calls = [
    collector.call('runs.output', { run_id: 'good' }),
    collector.call('runs.command', { run_id: 'good', type: 'stop' }).catch((error: Error) => error.message),
    collector.call('runs.events', { run_id: 'good' }),
  ];
  await Promise.all(calls);
  await goodIsShown(collector);
  await endsWell(collector);
});

it('paths in a seal restore nothing and overwrite nothing', async () => {
  const dir = goodRun('sealed');
  const climb = join('..', '..', '..', '..', dirname(precious).split('/').at(-1)!, 'precious');
  writeFileSync(`${precious}.gz`, gzipSync('overwritten'));
  const seal = {
    format: 1,
    at: 'x',
    database: { bytes: 1, crc32: 1, sha256: '0'.repeat(64) },
    journals: { [climb]: 1, [`events-${climb}-1-a.xtj`]: 1 },
  };
  writeFileSync(join(dir, 'seal.json'), JSON.stringify(seal));
  goodRun();
  const collector = await start();
  await goodIsShown(collector);
  await collector.call('runs.get', { run_id: 'sealed' }).catch(() => undefined);
  await endsWell(collector);
});

it('decompression bombs are not unpacked, and endless files are not read into memory', async () => {
  const dir = goodRun('bomb');
  const hole = (path: string, bytes: number) => {
    const fd = openSync(path, 'w');
    ftruncateSync(fd, bytes);
    closeSync(fd);
  };
  for (const name of [
    'run.sqlite',
    'seal.json',
    'commands.xtj',
    'user-big.xtj',
    'output-worker-0-1.log',
    'events-worker-1-1-abc.xtj',
  ])
    hole(join(dir, name), 2 ** 40);
  hole(join(place.dir, 'catalog.sqlite'), 2 ** 40);
  hole(join(place.dir, 'lease'), 2 ** 40);
  goodRun();
  const collector = await start();
  await goodIsShown(collector);
  await collector.call('runs.get', { run_id: 'bomb' });
  await collector.call('runs.output', { run_id: 'bomb', offset: 2 ** 39 });
  await goodIsShown(collector);
  const status = readFileSync(`/proc/${collector.child.pid}/status`, 'utf8');
  expect(Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024).toBeLessThan(600);
  await endsWell(collector);
});

it('databases with forged tables contribute nothing and trigger nothing', async () => {
  const sql = await testSql();
  const hostile = new sql.Database();
  hostile.exec(`
    CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
    INSERT INTO meta VALUES ('schema', 1), ('rev', 5);
    CREATE VIEW state AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS section, hex(zeroblob(1000000)) AS json FROM n;
    CREATE VIEW journal AS SELECT * FROM state;
    CREATE TABLE piece (id, writer, worker, attempt, key);
    CREATE TRIGGER bomb AFTER INSERT ON piece BEGIN INSERT INTO piece SELECT a.* FROM piece a, piece b, piece c; END;`);
  const bytes = hostile.export();
  // With the checksum of a sound one: anybody can compute it.
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(68, crc32(bytes.subarray(72), crc32(bytes.subarray(0, 68))));
  const dir = goodRun();
  writeFileSync(join(dir, 'run.sqlite'), bytes);
  writeFileSync(join(place.dir, 'catalog.sqlite'), bytes);
  const collector = await start();
  await goodIsShown(collector);
  const { warnings } = await collector.call('runs.get', { run_id: 'good' });
  expect(warnings.map(({ code }) => code)).toContain('database_damaged');
  await endsWell(collector);
});

it('a forged lease of another host makes the collector a follower; a file that is not a lease is ignored', async () => {
  goodRun();
  const lease = { host: '<b>attacker</b>', boot: 'x', pidns: null, pid: 1, start: '1', nonce: 'n' };
  writeFileSync(join(place.dir, 'lease'), JSON.stringify(lease));
  const follower = await start();
  await goodIsShown(follower);
  expect((await follower.call('collector.info', {})).follower).toContain('<b>attacker</b>');
  await expect(follower.call('runs.launch', { target: { argv: ['true'] }, cwd: '/', env: {} })).rejects.toThrow(
    'only shown',
  );
  await endsWell(follower);
  expect(existsSync(join(place.dir, 'catalog.sqlite'))).toBe(false);
  for (const text of ['{}', '[]', 'null', JSON.stringify({ host: hostname(), pid: 'x' }), '\0'.repeat(100)]) {
    rmSync(join(place.dir, 'lease'));
    writeFileSync(join(place.dir, 'lease'), text);
    const owner = await start();
    expect((await owner.call('collector.info', {})).follower).toBeNull();
    await endsWell(owner);
    writeFileSync(join(place.dir, 'lease'), text);
  }
});

it('forged commands, launches and processes in a journal start and kill nothing', async () => {
  const victim = execFileSync('sh', ['-c', 'sleep 300 >/dev/null 2>&1 & echo $!']).toString().trim();
  const dir = join(place.dir, 'runs', 'hostile');
  const marker = join(temporaryFolder(), 'marker');
  const process = new Process(place.dir, 'hostile');
  const argv = ['-c', `open(${JSON.stringify(marker)}, "w")`];
  process.log('launch', { attempt: 1, argv, interpreter: 'python3', cwd: '/', env: {} });
  process.log('process', {
    worker: 'worker-0',
    pid: Number(victim),
    pgid: Number(victim),
    proc: { host: hostname(), boot: '', pidns: null, pid: Number(victim), start: '1' },
  });
  process.log('command', { cmd_id: 'c', type: 'stop', payload: {} });
  process.journal.close();
  writeFileSync(
    join(dir, 'commands.xtj'),
    encodeFrame({ v: 1, t: 'command', m: { seq: 1, ts: 1 }, p: { cmd_id: 'd', type: 'stop', payload: {} } }),
  );
  goodRun();
  const collector = await start();
  await goodIsShown(collector);
  await collector.call('runs.get', { run_id: 'hostile' });
  expect(existsSync(marker)).toBe(false);
  expect(existsSync(`/proc/${victim}`)).toBe(true);
  globalThis.process.kill(Number(victim), 'SIGKILL');
  await endsWell(collector);
});

it('ten thousand empty run directories only delay a sound run', { timeout: 600_000 }, async () => {
  const root = join(place.dir, 'runs');
  execFileSync('sh', ['-c', `cd "${root}" && seq -f 'r%.0f' 1 10000 | xargs mkdir`]);
  goodRun();
  const collector = await start();
  await goodIsShown(collector);
  await endsWell(collector);
  execFileSync('rm', ['-rf', root]);
});
