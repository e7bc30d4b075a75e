/** A run's console output as raw bytes, read by offset from its files in place. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { english } from '../../../../base/texts';
import type { Params } from '../../../../protocol/api';
import { userError } from '../../../../protocol/apiError';
import type { OutputChunk } from '../../../../protocol/rows';
import { collapsed, ConsoleLog } from './consoleLog';

const DEFAULT_LIMIT = 256 * 1024;

export async function readOutput(runDir: string, request: Params<'runs.output'>): Promise<OutputChunk> {
  const files = await outputsIn(runDir);
  const { worker, attempt, offset = 0, limit = DEFAULT_LIMIT } = request;
  const named = files.filter((file) => worker === undefined || file.worker === worker);
  const latest = attempt ?? Math.max(...named.map((file) => file.attempt));
  const chosen = named.find((file) => file.attempt === latest);
  if (!chosen) {
    if (worker === undefined && attempt === undefined)
      return { files, worker: null, attempt: null, data: '', offset: 0, next: 0, size: 0 };
    throw userError('not_found', english`Run ${request.run_id} has no output from that worker and attempt.`, {
      field: 'worker',
    });
  }
  const path = join(runDir, `output-${chosen.worker}-${chosen.attempt}.log`);
  const log = await ConsoleLog.open(path);
  try {
    const part = request.tail === undefined ? await log.from(offset, limit) : await log.tail(request.tail);
    const bytes = request.collapse ? collapsed(part.bytes) : part.bytes;
    const { worker: of, attempt: n } = chosen;
    const data = bytes.toString('base64');
    return { files, worker: of, attempt: n, data, offset: part.offset, next: part.next, size: log.size };
  } finally {
    await log.close();
  }
}

async function outputsIn(runDir: string): Promise<OutputChunk['files']> {
  const files: OutputChunk['files'] = [];
  for (const name of await readdir(runDir)) {
    const [, worker, attempt] = /^output-(.+)-(\d+)\.log$/.exec(name) ?? [];
    if (worker === undefined || attempt === undefined) continue;
    const stats = await lstat(join(runDir, name));
    if (stats.isFile()) files.push({ worker, attempt: Number(attempt), size: stats.size });
  }
  return files.sort((a, b) => a.attempt - b.attempt || a.worker.localeCompare(b.worker, 'en', { numeric: true }));
}
