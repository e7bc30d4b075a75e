/** In which order what must survive a power cut reaches the disk: each call of the file system, as the collector makes it. */
import * as fs from 'node:fs';
import { basename, join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { Process, tempDir } from '../../../unit/collector/journal/journalFixture';
import { until } from '../harness';
import { elsewhere, rowOf, start } from './startedWorkers';

const seen = vi.hoisted(() => ({ calls: [] as string[], files: new Map<number, string>() }));
vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  const name = (path: unknown) => basename(String(path));
  const note = (what: string) => void seen.calls.push(what);
  return {
    ...real,
    openSync: (...given: Parameters<typeof real.openSync>) => {
      const fd = real.openSync(...given);
      seen.files.set(fd, name(given[0]));
      return fd;
    },
    writeSync: (...given: Parameters<typeof real.writeSync>) => {
      note(`write ${seen.files.get(given[0])}`);
      return real.writeSync(...given);
    },
    readSync: (...given: Parameters<typeof real.readSync>) => {
      note(`read ${seen.files.get(given[0])}`);
      return real.readSync(...given);
    },
    fsyncSync: (fd: number) => {
      real.fsyncSync(fd);
      note(`sync ${seen.files.get(fd)}`);
    },
    renameSync: (...given: Parameters<typeof real.renameSync>) => {
      real.renameSync(...given);
      note(`rename ${name(given[0])} ${name(given[1])}`);
    },
    rmSync: (...given: Parameters<typeof real.rmSync>) => {
      if (real.existsSync(given[0])) note(`remove ${name(given[0])}`);
      real.rmSync(...given);
    },
  };
});

function train(dir: string): Process {
  return new Process(dir, 'run-1', { proc: elsewhere })
    .log('run_start')
    .metric('loss', 0.5, 1)
    .log('run_end', { status: 'completed' });
}

/** They were done, one after the other, whatever lay between. */
function expectOrder(...wanted: string[]): void {
  let at = 0;
  for (const call of wanted) {
    const found = seen.calls.indexOf(call, at);
    if (found < 0) expect(seen.calls.slice(at), `${call}, behind ${wanted[wanted.indexOf(call) - 1]}`).toContain(call);
    at = found + 1;
  }
}

it('a save: all is written beside and synced, takes the place of what was there, and so does the directory', async () => {
  const dir = tempDir();
  train(dir);
  const { worker } = start(dir);
  await until(() => rowOf(worker, 'run-1')?.status === 'completed');
  seen.calls = [];
  await worker.flush();
  for (const [file, folder] of [
    ['run.sqlite', 'run-1'],
    ['catalog.sqlite', basename(dir)],
  ] as const) {
    const calls = seen.calls.filter((call) => call.includes(file) || call === `sync ${folder}`);
    const first = calls.indexOf(`write ${file}.tmp`);
    const last = calls.lastIndexOf(`write ${file}.tmp`);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(calls.slice(last + 1, last + 4)).toEqual([
      `sync ${file}.tmp`,
      `rename ${file}.tmp ${file}`,
      `sync ${folder}`,
    ]);
    expect(calls).not.toContain(`write ${file}`);
  }
});

it.each(['delete', 'gzip'] as const)('a sealing (%s): journals go when all else is on the disk', async (journals) => {
  const dir = tempDir();
  const { file } = train(dir).journal;
  seen.calls = [];
  start(dir, { seal: { journals, afterMs: 0 } });
  await until(() => seen.calls.includes(`remove ${file}`));
  const saved = [
    'sync run.sqlite.tmp',
    'rename run.sqlite.tmp run.sqlite',
    'sync run-1',
    'read run.sqlite',
    `read ${file}`,
  ];
  const packed = [`sync ${file}.gz.tmp`, `rename ${file}.gz.tmp ${file}.gz`, 'sync run-1'];
  expectOrder(
    ...saved,
    ...(journals === 'gzip' ? packed : []),
    'write seal.json.tmp',
    'sync seal.json.tmp',
    'rename seal.json.tmp seal.json',
    'sync run-1',
    `remove ${file}`,
  );
  expect(seen.calls.slice(0, seen.calls.lastIndexOf('rename seal.json.tmp seal.json'))).not.toContain(`remove ${file}`);
  expect(fs.readdirSync(join(dir, 'runs', 'run-1'))).toContain('run.sqlite');
});
