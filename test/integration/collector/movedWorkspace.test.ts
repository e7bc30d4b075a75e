import { cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { movedPath } from '../../../src/domain/run/movedPath';
import { buildCollector, cleanUp, newPlace, type Place, RunningCollector, until } from './harness';

let bundle: string;
beforeAll(async () => {
  bundle = await buildCollector();
});
afterAll(cleanUp);

const SCRIPT = `
import os, xtrack
with xtrack.Tracker.start_run() as run:
    came = os.environ.get("XTRACK_RESUME_CHECKPOINT")
    run.log_param("from" if came else "fresh", came or "yes")
    name = "second.pt" if came else "first.pt"
    os.makedirs("ckpt", exist_ok=True)
    open(os.path.join("ckpt", name), "w").write("weights")
    run.log_checkpoint(os.path.join("ckpt", name), step=1)
    run.log_checkpoint(os.path.abspath(os.path.join("ckpt", name)), step=2)
    run.log_artifact(os.path.abspath("train.py"), "other")
    run.log_image("drawn", [[0, 1]], step=1)
    run._writer.event("image", {"key": "outside", "file": "media/../../../../train.py"})
    run._writer.event("image", {"key": "gone"})
`;

const ended = (collector: RunningCollector, run_id: string, attempt: number) =>
  until(async () => {
    const row = await collector.call('runs.get', { run_id });
    return row.attempt === attempt && row.status === 'completed' && row.attempts.at(-1)?.exit != null;
  });

describe('a workspace that was moved', () => {
  it('resumes from its own checkpoints, and so does a copy', async () => {
    const place = newPlace();
    let collector = await RunningCollector.start(bundle, place);
    const work = dirname(place.dir);
    writeFileSync(join(work, 'train.py'), SCRIPT);
    const target = { script: join(work, 'train.py') };
    const { run_id } = await collector.call('runs.launch', { target, cwd: work, env: {} });
    await ended(collector, run_id, 1);
    await collector.signal('SIGTERM');

    const moved: Place = { ...place, dir: join(dirname(work), 'renamed', '.xtrack') };
    const there = dirname(moved.dir);
    renameSync(work, there);
    collector = await RunningCollector.start(bundle, moved);
    // A busy collector answers for what it has read so far.
    await until(async () => (await collector.call('runs.get', { run_id })).media.length === 3);
    const detail = await collector.call('runs.get', { run_id });
    const first = join(there, 'ckpt', 'first.pt');
    expect(detail.checkpoints).toMatchObject([
      { path: join('ckpt', 'first.pt'), file: first, exists: true },
      { path: join(work, 'ckpt', 'first.pt'), file: first, exists: true },
    ]);
    expect(detail.artifacts).toMatchObject([{ file: join(there, 'train.py'), exists: true }]);
    expect(detail.cwd).toBe(there);
    expect(detail.media.map(({ type, key, count }) => `${type} ${key} ${count}`).sort()).toEqual([
      'image drawn 1',
      'image gone 1',
      'image outside 1',
    ]);
    const { events } = await collector.call('runs.events', { run_id, types: ['image'] });
    const [drawn, ...others] = (events as { file?: string }[]).map(({ file }) => file);
    expect(dirname(drawn!)).toBe(join(moved.dir, 'runs', run_id, 'media'));
    expect(existsSync(drawn!)).toBe(true);
    // What is named outside of the run's own folder, or not at all, is nowhere.
    expect(others).toEqual([undefined, undefined]);
    await collector.call('runs.resume', { run_id });
    await ended(collector, run_id, 2);
    expect((await collector.call('runs.get', { run_id })).params['from']).toBe(first);
    await collector.signal('SIGTERM');

    // A copy has its own files, though the others are there still; what was logged before and after the move is found.
    const copied: Place = { ...place, dir: join(dirname(work), 'copy', '.xtrack') };
    cpSync(there, dirname(copied.dir), { recursive: true });
    collector = await RunningCollector.start(bundle, copied);
    const copy = await collector.call('runs.get', { run_id });
    expect(copy.checkpoints.map(({ file }) => file)).toEqual(
      ['first.pt', 'first.pt', 'second.pt', 'second.pt'].map((name) => join(dirname(copied.dir), 'ckpt', name)),
    );

    // One that is nowhere is told before anything starts.
    for (const folder of [there, dirname(copied.dir)]) rmSync(join(folder, 'ckpt'), { recursive: true });
    await expect(collector.call('runs.resume', { run_id })).rejects.toMatchObject({
      message: expect.stringContaining(join(dirname(copied.dir), 'ckpt', 'second.pt')),
      data: { code: 'invalid', field: 'checkpoint' },
    });
    expect((await collector.call('runs.get', { run_id })).attempt).toBe(2);
    expect(readFileSync(join(dirname(copied.dir), 'train.py'), 'utf8')).toBe(SCRIPT);
  });
});

describe('movedPath', () => {
  it.each([
    ['/a/proj/ckpt/x.pt', '/a/proj', '/b/q', '/b/q/ckpt/x.pt'],
    ['/a/proj', '/a/proj/', '/b/q/', '/b/q'],
    ['/a/projection/x', '/a/proj', '/b', null],
    ['/a/proj/../secret', '/a/proj', '/b', null],
    ['C:\\work\\ckpt\\x.pt', 'C:/work', '/home/me/work', '/home/me/work/ckpt/x.pt'],
    ['/home/me/work/ckpt/x.pt', '/home/me/work', 'D:\\work', 'D:\\work\\ckpt\\x.pt'],
    ['relative/x', '', '/b', null],
  ])('leads from %s under %s to %s', (path, from, to, expected) => {
    expect(movedPath(path, from, to)).toBe(expected);
  });
});
