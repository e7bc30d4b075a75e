import { existsSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Retention } from '../../../src/collector/server/services/retention/retention';
import { Process } from '../../unit/collector/journal/journalFixture';
import { buildCollector, cleanUp, newPlace, type Place, RunningCollector, temporaryFolder, until } from './harness';

let bundle: string;
beforeAll(async () => {
  bundle = await buildCollector();
});
afterAll(cleanUp);

function endedRun(place: Place, id: string, events = 1): Process {
  const script = new Process(place.dir, id).log('run_start', { name: `named ${id}` });
  for (let step = 0; step < events; step++) script.metric('loss', step, step);
  return script.log('run_end', { status: 'completed' });
}

const total = (collector: RunningCollector, trash = false, filter = '') =>
  collector.call('runs.list', { trash, filter }).then((list) => list.total);

const runDir = (place: Place, id: string): string => join(place.dir, 'runs', id);

const inTrash = async (collector: RunningCollector) =>
  (await collector.call('runs.list', { trash: true })).rows.map(({ run_id }) => run_id);

const purge = async (collector: RunningCollector, run_ids: string[]) => {
  const task = await collector.call('runs.purge', { run_ids, wait: true });
  return task.result as { deleted: string[]; bytes: number; refused: { run_id: string; reason: string }[] };
};

describe('what runs take on disk', () => {
  it('is reported per run and in total, and runs can be sorted and filtered by it', async () => {
    const place = newPlace();
    const workspace = dirname(place.dir);
    endedRun(place, 'small');
    endedRun(place, 'big');
    writeFileSync(join(runDir(place, 'big'), 'output-worker-0-1.log'), 'x'.repeat(200_000));
    const weights = endedRun(place, 'weights');
    mkdirSync(join(workspace, 'ckpt', 'step-1'), { recursive: true });
    writeFileSync(join(workspace, 'ckpt', 'step-1', 'model.bin'), 'x'.repeat(50_000));
    writeFileSync(join(workspace, 'plot.png'), 'x'.repeat(1_000));
    const outside = join(temporaryFolder(), 'elsewhere.bin');
    writeFileSync(outside, 'x'.repeat(70_000));
    symlinkSync(outside, join(workspace, 'ckpt', 'step-1', 'link.bin'));
    weights
      .log('checkpoint', { path: 'ckpt/step-1', abspath: join(workspace, 'ckpt', 'step-1') })
      .log('checkpoint', { path: outside, abspath: outside })
      .log('artifact', { path: 'plot.png', abspath: join(workspace, 'plot.png') });
    const collector = await RunningCollector.start(bundle, place);
    await until(async () => (await collector.call('disk.usage', {})).runs === 3);
    const usage = await collector.call('disk.usage', {});
    expect(usage).toMatchObject({ runs: 3, complete: true, trash: { runs: 0, size: 0 } });
    const { rows } = await collector.call('runs.list', { sort: [{ by: 'size', desc: true }] });
    expect(rows[0]).toMatchObject({ run_id: 'big' });
    expect(rows[0]!.size).toBeGreaterThan(200_000);
    expect(rows[0]!.size).toBeLessThan(300_000);
    expect(rows.find((row) => row.run_id === 'weights')).toMatchObject({ files_size: 51_000 });
    expect((await collector.call('disk.usage', {})).files_size).toBe(51_000);
    const ids = async (filter: string) => (await collector.call('runs.list', { filter })).rows.map((row) => row.run_id);
    expect(await ids('size > 0.15MB')).toEqual(['big']);
    expect(await ids('files_size >= 51kB and files_size < 52000')).toEqual(['weights']);
    await expect(ids('size > large')).rejects.toMatchObject({ data: { code: 'query_syntax', column: 8 } });
  });
});

describe('the trash', () => {
  it('is listed in every window and can be emptied permanently', async () => {
    const place = newPlace();
    for (const id of ['kept', 'first', 'second']) endedRun(place, id);
    const precious = join(temporaryFolder(), 'precious');
    mkdirSync(precious);
    writeFileSync(join(precious, 'file'), 'mine');
    symlinkSync(precious, join(runDir(place, 'first'), 'folder-link'));
    symlinkSync(join(precious, 'file'), join(runDir(place, 'first'), 'file-link'));
    mkdirSync(join(runDir(place, 'first'), ' deep\n"', '--rf'), { recursive: true });
    let collector = await RunningCollector.start(bundle, place);
    await until(async () => (await total(collector)) === 3);
    await collector.call('runs.delete', { run_ids: ['first', 'second'] });
    const { rows } = await collector.call('runs.list', { trash: true });
    expect(rows.map((row) => row.run_id).sort()).toEqual(['first', 'second']);
    expect(Date.now() - rows[0]!.trashed!).toBeLessThan(60_000);
    expect(await total(collector)).toBe(1);
    await until(async () => (await collector.call('disk.usage', {})).trash.size > 0);

    // It is known after a restart too, and without reading those runs again.
    expect(await collector.signal('SIGTERM')).toBe(0);
    collector = await RunningCollector.start(bundle, place);
    expect(await total(collector, true)).toBe(2);

    const done = await purge(collector, await inTrash(collector));
    expect(done).toMatchObject({ deleted: expect.arrayContaining(['first', 'second']), refused: [] });
    expect(done.bytes).toBeGreaterThan(100);
    expect(readdirSync(join(place.dir, 'runs'))).toEqual(['kept']);
    expect(readdirSync(precious)).toEqual(['file']);
    expect(await total(collector, true)).toBe(0);
    await expect(collector.call('runs.get', { run_id: 'first' })).rejects.toMatchObject({
      data: { code: 'not_found' },
    });
  });

  it('deletes no run that is active or not in the trash', async () => {
    const place = newPlace();
    endedRun(place, 'over');
    new Process(place.dir, 'going').log('run_start', { name: 'goes on' }).metric('loss', 1, 1);
    const collector = await RunningCollector.start(bundle, place);
    await until(async () => (await total(collector)) === 2);
    await collector.call('runs.delete', { run_id: 'going' });
    const { deleted, refused } = await purge(collector, ['over', 'going']);
    expect(deleted).toEqual([]);
    expect(refused).toMatchObject([
      { run_id: 'over', reason: expect.stringContaining('not in the trash') },
      { run_id: 'going', reason: expect.stringContaining(`process ${process.pid}`) },
    ]);
    expect(existsSync(runDir(place, 'over')) && existsSync(runDir(place, 'going'))).toBe(true);
    await expect(purge(collector, ['nowhere'])).rejects.toMatchObject({ data: { code: 'not_found' } });
    await expect(purge(collector, ['../work'])).rejects.toMatchObject({ data: { code: 'invalid' } });
    const nothing = collector.call('runs.purge', { wait: true });
    await expect(nothing).rejects.toMatchObject({ data: { code: 'invalid' } });
  });

  it('is emptied completely after a restart when the collector was killed midway', async () => {
    const place = newPlace();
    for (const id of ['kept', 'gone']) endedRun(place, id);
    let collector = await RunningCollector.start(bundle, place);
    await until(async () => (await total(collector)) === 2);
    await collector.call('runs.delete', { run_id: 'gone' });
    expect(await collector.signal('SIGTERM')).toBe(0);
    renameSync(runDir(place, 'gone'), runDir(place, '.deleting-gone-1234'));
    const outside = temporaryFolder();
    writeFileSync(join(outside, 'file'), 'mine');
    symlinkSync(outside, runDir(place, '.deleting-link'));
    collector = await RunningCollector.start(bundle, place);
    await until(() => !existsSync(runDir(place, '.deleting-gone-1234')));
    expect(await total(collector, true)).toBe(0);
    expect(await total(collector)).toBe(1);
    expect(readdirSync(outside)).toEqual(['file']);
  });

  it('never lists a partly deleted run while the collector is killed repeatedly', async () => {
    const place = newPlace();
    const ids = Array.from({ length: 12 }, (_, i) => `run-${i}`);
    for (const id of ids) {
      endedRun(place, id);
      for (let i = 0; i < 150; i++) writeFileSync(join(runDir(place, id), `file-${i}`), 'x');
    }
    let collector = await RunningCollector.start(bundle, place);
    await until(async () => (await total(collector)) === ids.length);
    await collector.call('runs.delete', { run_ids: ids });
    const left = () => readdirSync(join(place.dir, 'runs')).filter((name) => name.startsWith('run-')).length;
    for (let kill = 0; kill < 6; kill++) {
      // A collector that was killed before it saved its catalog reads the runs again.
      await until(async () => (await total(collector, true)) === left());
      void collector.call('runs.purge', { run_ids: await inTrash(collector) }).catch(() => undefined);
      await new Promise((done) => setTimeout(done, 5 + 15 * kill));
      await collector.signal('SIGKILL');
      collector = await RunningCollector.start(bundle, place);
      const { rows } = await collector.call('runs.list', { trash: true });
      for (const { run_id } of rows) expect(readdirSync(runDir(place, run_id)).length).toBeGreaterThan(150);
    }
    await until(async () => (await total(collector, true)) === left());
    const last = await inTrash(collector);
    if (last.length > 0) await purge(collector, last);
    await until(() => readdirSync(join(place.dir, 'runs')).length === 0);
    expect((await total(collector)) + (await total(collector, true))).toBe(0);
  });
});

describe('retention', () => {
  const A_SECOND = 1 / 86_400;

  it('moves old runs to the trash and deletes them there, except for starred, annotated and active ones', async () => {
    const place = newPlace();
    for (const id of ['old', 'starred', 'named', 'tagged', 'noted', 'restored']) endedRun(place, id);
    new Process(place.dir, 'going').log('run_start').metric('loss', 1, 1);
    const collector = await RunningCollector.start(bundle, place);
    await until(async () => (await total(collector)) === 7);
    await collector.call('runs.update', { run_id: 'starred', starred: true });
    await collector.call('runs.update', { run_id: 'named', name: 'best of all' });
    await collector.call('runs.update', { run_id: 'tagged', tags: { team: 'nlp' } });
    await collector.call('runs.update', { run_id: 'noted', notes: 'look here' });
    await collector.call('runs.delete', { run_id: 'restored' });
    await collector.call('runs.delete', { run_id: 'restored', restore: true });
    await new Promise((done) => setTimeout(done, 1_100));

    await collector.call('collector.configure', { retention: { days: A_SECOND, trash_days: null } });
    await until(async () => (await total(collector, true)) === 1);
    expect((await collector.call('runs.list', { trash: true })).rows[0]!.run_id).toBe('old');
    await until(() => collector.stderr.includes('Moved to the trash'));

    await new Promise((done) => setTimeout(done, 1_100));
    await collector.call('collector.configure', { retention: { days: null, trash_days: A_SECOND } });
    await until(() => !existsSync(runDir(place, 'old')));
    await until(() => collector.stderr.includes('Deleted for good'));
    expect(await total(collector)).toBe(6);
  });

  it('counts days from when it was enabled, and removes nothing while it is off', async () => {
    const asked: object[] = [];
    const context = {
      ask: (async (_: string, params: object) => {
        asked.push(params);
        return { runs: [], trash: [] };
      }) as never,
      appendEdit: async () => undefined,
      log: () => undefined,
    };
    const retention = new Retention(context, async (ids) => ({ deleted: ids }));
    retention.configured({ retention: { days: null, trash_days: null } });
    await retention.apply(1e12, 0);
    expect(asked).toEqual([{ endedBefore: null, trashedBefore: null, limit: 500 }]);
    retention.configured({ retention: { days: 30, trash_days: 7 } });
    await retention.apply(1e12, 0);
    retention.dispose();
    expect(asked).toContainEqual({ endedBefore: 1e12 - 30 * 864e5, trashedBefore: 1e12 - 7 * 864e5, limit: 500 });
  });

  it('removes nothing because the clock was wrong for a while', async () => {
    const DAY = 864e5;
    const today = Date.now();
    const gone: string[] = [];
    const runs = [{ id: 'ended', at: today - 40 * DAY }];
    const trash = [{ id: 'trashed', at: today - 2 * DAY }];
    const older = (all: typeof runs, time: number) =>
      all.filter(({ id, at }) => at < time && !gone.includes(id)).map(({ id }) => id);
    const context = {
      ask: (async (_: string, { endedBefore, trashedBefore }: { endedBefore: number; trashedBefore: number }) => ({
        runs: older(runs, endedBefore),
        trash: older(trash, trashedBefore),
      })) as never,
      appendEdit: async ({ run_id }: { run_id: string }) => void gone.push(run_id),
      log: () => undefined,
    };
    const retention = new Retention(context, async (ids) => {
      gone.push(...ids);
      return { deleted: ids };
    });
    // By itself it checks every hour; here the test says when.
    retention.configured({ retention: { days: 100, trash_days: 7 } });
    retention.dispose();
    const HOUR = 3600_000;
    const year = 365 * DAY;
    await retention.apply(today, 9 * HOUR);
    await retention.apply(today + year, 10 * HOUR);
    await retention.apply(today + year, 10.9 * HOUR);
    await retention.apply(today, 11 * HOUR);
    // Right in between: counts anew.
    await retention.apply(today + year, 12 * HOUR);
    expect(gone).toEqual([]);
    await retention.apply(today, 13 * HOUR);
    await retention.apply(today + 6 * DAY, 20 * HOUR);
    await retention.apply(today + 6 * DAY, 20.9 * HOUR);
    expect(gone).toEqual([]);
    await retention.apply(today + 6 * DAY, 21 * HOUR);
    expect(gone).toEqual(['trashed']);
  });

  it('keeps runs that a wrong clock dated before they were trashed', async () => {
    const place = newPlace();
    endedRun(place, 'run');
    const clock = join(place.runtime, 'clock');
    writeFileSync(clock, String(-30 * 365 * 86_400));
    const preload = join(__dirname, '../../faults/clock/preload.cjs');
    const env = { XTRACK_TEST_CLOCK: clock, NODE_OPTIONS: `--require ${preload}` };
    const collector = await RunningCollector.start(bundle, place, [], env);
    await until(async () => (await total(collector)) === 1);
    await collector.call('runs.delete', { run_id: 'run' });
    writeFileSync(clock, '0');
    await collector.call('collector.configure', { retention: { days: null, trash_days: A_SECOND } });
    await new Promise((done) => setTimeout(done, 3_500));
    expect(await inTrash(collector)).toEqual(['run']);
    // Put there again by a clock that is right, it goes.
    await collector.call('runs.delete', { run_id: 'run', restore: true });
    await collector.call('runs.delete', { run_id: 'run' });
    await until(() => !existsSync(runDir(place, 'run')));
  });
});
