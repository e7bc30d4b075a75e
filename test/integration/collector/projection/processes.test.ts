import { spawn, type ChildProcess } from 'node:child_process';
import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { JournalWriter } from '../../../../src/collector/journal/journalWriter';
import { thisHost } from '../../../../src/collector/files/processIdentity';
import type { GoneNotice, WorkerNotice } from '../../../../src/collector/contract/workerApi';
import { headFor, Process, tempDir } from '../../../unit/collector/journal/journalFixture';
import { until } from '../harness';
import { children, elsewhere, procOf, rowOf, start } from './startedWorkers';

describe('processes', () => {
  const running = (): ChildProcess => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    children.push(child);
    return child;
  };
  const goneOf = (notices: WorkerNotice[]): GoneNotice | undefined => notices.find((notice) => notice.kind === 'gone');

  it('that are killed make their run failed within two seconds, for good once that was journaled', async () => {
    const dir = tempDir();
    const first = start(dir);
    const child = running();
    new Process(dir, 'run-1', { proc: procOf(child.pid!) }).log('run_start').metric('loss', 1, 1);
    await until(() => rowOf(first.worker, 'run-1')?.status === 'running');
    const info = await first.worker.queries.launchInfo({ run_id: 'run-1' });
    expect(info.processes).toMatchObject([{ worker: 'worker-0', role: 'script', proc: { pid: child.pid } }]);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(goneOf(first.notices)).toBeUndefined();

    child.kill('SIGKILL');
    const killed = performance.now();
    const gone = await until(() => goneOf(first.notices));
    expect(performance.now() - killed).toBeLessThan(2000);
    expect(rowOf(first.worker, 'run-1')).toMatchObject({ status: 'failed' });
    const head = headFor('run-1', { role: 'collector', worker: 'col-h', attempt: gone.attempt });
    const journal = JournalWriter.create(join(dir, 'runs', 'run-1'), `events-col-h-1-${head.writer}.xtj`, head);
    const { run_id, writer, reason } = gone;
    journal.append('run_end', { run_id, status: 'failed', writer, error: { message: reason } });
    await first.worker.bell({ run_id, file: journal.file });
    expect(first.notices.filter(({ kind }) => kind === 'gone')).toHaveLength(1);
    first.end();
    const second = start(dir);
    await until(() => rowOf(second.worker, 'run-1')?.status === 'failed');
    expect(rowOf(second.worker, 'run-1')?.error).toContain(`pid ${child.pid}`);
    expect(rowOf(second.worker, 'run-1')?.ended).not.toBeNull();
  });

  it('that a supervisor watches are left to its word', async () => {
    const dir = tempDir();
    const { worker, notices } = start(dir);
    const [script, watcher] = [running(), running()];
    const supervisor = new Process(dir, 'run-1', { role: 'supervisor', worker: 'sup-h', proc: procOf(watcher.pid!) });
    supervisor
      .log('run_start')
      .log('process', { pid: script.pid!, pgid: script.pid!, proc: { ...procOf(script.pid!) } });
    new Process(dir, 'run-1', { proc: procOf(script.pid!) }).log('run_start');
    await until(() => rowOf(worker, 'run-1')?.workers.length === 1);
    const info = await worker.queries.launchInfo({ run_id: 'run-1' });
    expect(info.processes.map(({ role, pgid }) => [role, pgid])).toEqual([
      ['script', script.pid],
      ['supervisor', null],
    ]);
    script.kill('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 2200));
    expect(goneOf(notices)).toBeUndefined();
    expect(rowOf(worker, 'run-1')?.status).toBe('running');
    supervisor.log('run_end', { status: 'failed', exit: { signal: 'SIGKILL' } });
    await until(() => rowOf(worker, 'run-1')?.status === 'failed');
  });

  it('of another host are lost when they were silent for long, also after a restart, until they go on', async () => {
    const dir = tempDir();
    const process = new Process(dir, 'run-1', { proc: elsewhere }).log('run_start');
    utimesSync(join(dir, 'runs/run-1', process.journal.file), 1_700_000_000, 1_700_000_000);
    for (let i = 0; i < 2; i++) {
      const { worker, end } = start(dir);
      await until(() => rowOf(worker, 'run-1')?.status === 'lost', 4000);
      // Nor does it come back by being looked at.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      expect(rowOf(worker, 'run-1')?.status).toBe('lost');
      end();
    }
    const { worker } = start(dir);
    await until(() => rowOf(worker, 'run-1')?.status === 'lost', 4000);
    process.metric('loss', 1, 1);
    await until(() => rowOf(worker, 'run-1')?.status === 'running', 3000);
  });

  /** A machine that sleeps stops one clock or none of them, by which system and which sleep it is. */
  it.each([
    ['the time of day alone goes on', false],
    ['both clocks go on', true],
  ])('of another host are not lost because this one slept for an hour, where %s', async (_how, both) => {
    const dir = tempDir();
    new Process(dir, 'run-1', { proc: elsewhere }).log('run_start').metric('loss', 1, 1);
    const { worker } = start(dir);
    await until(() => rowOf(worker, 'run-1')?.status === 'running');
    // It has been heard of for some seconds: what it is given again is all of its time.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const [date, clock] = [Date.now, performance.now.bind(performance)];
    vi.spyOn(Date, 'now').mockImplementation(() => date() + 3_600_000);
    if (both) vi.spyOn(performance, 'now').mockImplementation(() => clock() + 3_600_000);
    const seen = new Set<string>();
    for (let look = 0; look < 30; look++) {
      seen.add(rowOf(worker, 'run-1')!.status);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    vi.restoreAllMocks();
    expect([...seen]).toEqual(['running']);
  });

  it('of an earlier boot are gone', async () => {
    const dir = tempDir();
    const proc = { ...thisHost(), boot: 'before', pid: process.pid, start: '1' };
    const { journal } = new Process(dir, 'run-1', { proc }).log('run_start');
    utimesSync(join(dir, 'runs/run-1', journal.file), 1_600_000_000, 1_600_000_000);
    // Written since this machine started: by another one of the same name.
    new Process(dir, 'run-2', { proc }).log('run_start');
    const { notices, worker } = start(dir);
    await until(() => goneOf(notices));
    expect(rowOf(worker, 'run-1')?.status).toBe('failed');
    expect(rowOf(worker, 'run-2')?.status).toBe('running');
    expect(notices.filter(({ kind }) => kind === 'gone')).toHaveLength(1);
  });
});
