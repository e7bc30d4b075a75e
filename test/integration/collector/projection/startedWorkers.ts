/** Store workers in this thread, ended after each test. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll } from 'vitest';
import type { SqlJsStatic } from 'sql.js';
import { thisHost } from '../../../../src/collector/files/processIdentity';
import { loadSql } from '../../../../src/collector/store/databaseFile';
import { StoreWorker, type StoreSetup } from '../../../../src/collector/projection/storeWorker';
import type { WorkerNotice } from '../../../../src/collector/contract/workerApi';
import type { Proc } from '../../../../src/protocol/events';
import type { Changed, RunRow } from '../../../../src/protocol/rows';

let sql: SqlJsStatic;
const workers: StoreWorker[] = [];
export const children: ChildProcess[] = [];

/** Of the file's tests: loads sql.js once, ends what they started. */
beforeAll(async () => {
  sql = await loadSql(join(__dirname, '../../../../node_modules/sql.js/dist/sql-wasm.wasm'));
});

afterEach(() => {
  for (const worker of workers.splice(0)) worker.dispose();
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

export interface Started {
  worker: StoreWorker;
  notices: WorkerNotice[];
  end(): void;
}

export const sqlOfTests = (): SqlJsStatic => sql;

export function start(
  dir: string,
  options: { readOnly?: boolean; ownsLease?: () => boolean; seal?: StoreSetup['seal'] } = {},
): Started {
  const notices: WorkerNotice[] = [];
  const worker = new StoreWorker({
    sql,
    dir,
    readOnly: options.readOnly ?? false,
    ownsLease: options.ownsLease ?? (() => true),
    ...(options.seal && { seal: options.seal }),
    notify: (notice) => notices.push(notice),
  });
  workers.push(worker);
  worker.start();
  const end = () => {
    workers.splice(workers.indexOf(worker), 1);
    worker.shutdown();
  };
  return { worker, notices, end };
}

export const rowOf = (worker: StoreWorker, runId: string): RunRow | undefined =>
  worker.queries['runs.list']({}).rows.find(({ run_id }) => run_id === runId);

export const changes = (notices: WorkerNotice[]): Changed[] =>
  notices.flatMap((notice) => (notice.kind === 'changed' ? notice.changes : []));

export const points = async (worker: StoreWorker, runId: string, key: string): Promise<number[]> => {
  const { series } = await worker.queries['runs.series']({ run_id: runId, keys: [key], x: 'step', points: 1000 });
  return series.flatMap(({ last }) => last as number[]);
};

export const procOf = (pid: number): Proc => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return { ...thisHost(), pid, start: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]! };
};

export const elsewhere: Proc = { host: 'another-host', boot: 'b', pidns: null, pid: 4711, start: '1' };
