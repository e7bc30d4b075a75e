/** Work that takes longer than a reply: export, rebuild. */
import { randomBytes } from 'node:crypto';
import { english } from '../../base/texts';
import { userError } from '../../protocol/api';
import type { Json } from '../../protocol/events';
import type { Task } from '../../protocol/rows';

export interface TaskContext {
  readonly signal: AbortSignal;
  progress(done: number, total: number | null, message: string): void;
}

interface Entry {
  task: Task;
  abort: AbortController;
  ended: Promise<void>;
}

/** Ended tasks that are remembered. */
const KEEP = 100;

export class Tasks {
  private readonly entries = new Map<string, Entry>();
  private rev = 0;

  constructor(private readonly changed: (rev: number) => void) {}

  get running(): number {
    return [...this.entries.values()].filter(({ task }) => task.state === 'running').length;
  }

  start(message: string, work: (context: TaskContext) => Promise<Json>): Task {
    const task: Task = {
      task_id: randomBytes(6).toString('hex'),
      state: 'running',
      done: 0,
      total: null,
      message,
    };
    const abort = new AbortController();
    const progress = (done: number, total: number | null, text: string) => {
      Object.assign(task, { done, total, message: text });
      this.changed(++this.rev);
    };
    const ended = work({ signal: abort.signal, progress })
      .then((result) => Object.assign(task, { state: 'done', result }))
      .catch((error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        Object.assign(task, abort.signal.aborted ? { state: 'cancelled' } : { state: 'failed', message: text });
      })
      .then(() => {
        this.changed(++this.rev);
        this.forgetOld();
      });
    this.entries.set(task.task_id, { task, abort, ended });
    return { ...task };
  }

  async get(id: string, wait: boolean): Promise<Task> {
    const entry = this.find(id);
    if (wait) await entry.ended;
    return { ...entry.task };
  }

  async cancel(id: string): Promise<Task> {
    const entry = this.find(id);
    entry.abort.abort();
    await entry.ended;
    return { ...entry.task };
  }

  private find(id: string): Entry {
    const entry = this.entries.get(id);
    if (!entry) throw userError('not_found', english`There is no task ${JSON.stringify(id)}.`, { field: 'task_id' });
    return entry;
  }

  private forgetOld(): void {
    const ended = [...this.entries].filter(([, { task }]) => task.state !== 'running');
    for (const [id] of ended.slice(0, Math.max(0, ended.length - KEEP))) this.entries.delete(id);
  }
}
