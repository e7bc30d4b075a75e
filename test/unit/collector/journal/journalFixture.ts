import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { JournalWriter } from '../../../../src/collector/journal/journalWriter';
import { thisProcess } from '../../../../src/collector/files/processIdentity';
import type { JournalHead, Json, Proc, Role } from '../../../../src/protocol/events';

const made: string[] = [];

/** A directory that is removed after the test. */
export function tempDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'xtrack-test-'));
  made.push(dir);
  return dir;
}

afterEach(() => {
  for (const dir of made.splice(0)) rmSync(dir, { recursive: true, force: true });
});

let writers = 0;

export function headFor(runId: string, options: Partial<JournalHead> = {}): JournalHead {
  return {
    format: 1,
    run_id: runId,
    worker: 'worker-0',
    attempt: 1,
    writer: `w${process.pid}x${++writers}`,
    role: 'script',
    proc: thisProcess(),
    client: 'test',
    ...options,
  };
}

/** A process of a run, as its journal shows it. */
export class Process {
  readonly journal: JournalWriter;
  readonly head: JournalHead;

  constructor(
    /** The `.xtrack` directory. */
    dir: string,
    readonly runId: string,
    options: { worker?: string; attempt?: number; role?: Role; proc?: Proc } = {},
  ) {
    this.head = headFor(runId, options);
    const { worker, attempt, writer } = this.head;
    this.journal = JournalWriter.create(
      join(dir, 'runs', runId),
      `events-${worker}-${attempt}-${writer}.xtj`,
      this.head,
    );
  }

  log(t: string, p: Record<string, Json> = {}): this {
    this.journal.append(t, { run_id: this.runId, ...p });
    return this;
  }

  metric(key: string, value: number, step: number): this {
    return this.log('metric', { key, value, step });
  }
}
