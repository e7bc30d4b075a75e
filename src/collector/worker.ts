/** The composition root of the collector's second thread. */
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { ApiError } from '../protocol/apiError';
import { leaseHasNonce } from './files/lease';
import { loadSql } from './store/databaseFile';
import { StoreWorker } from './projection/storeWorker';
import type { WorkerConfig, WorkerMessage, WorkerRequest } from './contract/workerApi';

export function runWorker(): void {
  const port = parentPort;
  if (!port) throw new Error('the store runs in a thread of its own');
  const { dir, readOnly, lease, seal } = workerData as WorkerConfig;
  const send = (message: WorkerMessage): void => port.postMessage(message);
  const store = loadSql(join(__dirname, 'sql-wasm.wasm')).then((sql) => {
    const worker = new StoreWorker({
      sql,
      dir,
      readOnly,
      seal,
      ownsLease: () => lease === undefined || leaseHasNonce(lease.file, lease.nonce),
      notify: (notice) => send({ kind: 'notice', notice }),
    });
    worker.start();
    return worker;
  });
  port.on('message', ({ id, method, params }: WorkerRequest) => {
    store
      .then((worker) => worker.answer(method, params as never))
      .then((result) => send({ kind: 'result', id, result }))
      .catch((error: unknown) => send(failure(id, error)))
      .finally(() => {
        if (method === 'shutdown') port.close();
      });
  });
}

function failure(id: number, error: unknown): WorkerMessage {
  if (error instanceof ApiError) return { kind: 'error', id, message: error.message, data: error.data };
  return {
    kind: 'error',
    id,
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    data: null,
  };
}
