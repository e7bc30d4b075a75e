/** Work that takes longer than a reply: export, rebuild. */
import { randomBytes } from 'node:crypto';
import { english, type Text, told } from '../../base/texts';
import { messageOf } from '../../base/unknown';
import { ApiError, userError } from '../../protocol/api';
import type { Json } from '../../protocol/events';
import type { Task } from '../../protocol/rows';

export interface TaskContext {
  readonly signal: AbortSignal;
  progress(done: number, total: number | null, text: Text): void;
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

  start(text: Text, work: (context: TaskContext) => Promise<Json>): Task {
    const task: Task = {
      task_id: randomBytes(6).toString('hex'),
      state: 'running',
      done: 0,
      total: null,
      message: told(text),
      text,
    };
    const abort = new AbortController();
    const progress = (done: number, total: number | null, now: Text) => {
      Object.assign(task, { done, total, message: told(now), text: now });
      this.changed(++this.rev);
    };
    const ended = work({ signal: abort.signal, progress })
      .then((result) => Object.assign(task, { state: 'done', result }))
      .catch((error: unknown) => {
        const message = messageOf(error);
        const why = { state: 'failed', message, text: error instanceof ApiError ? error.data.text : undefined };
        Object.assign(task, abort.signal.aborted ? { state: 'cancelled' } : why);
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
