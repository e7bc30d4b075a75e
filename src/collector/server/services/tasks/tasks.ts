/** Tasks are started, followed and cancelled by their ids. */
import { randomBytes } from 'node:crypto';
import { english, type Text, formatText } from '../../../../base/texts';
import { messageOf } from '../../../../base/unknown';
import type { Params } from '../../../../protocol/api';
import { ApiError, userError } from '../../../../protocol/apiError';
import type { Json } from '../../../../protocol/events';
import type { Task } from '../../../../protocol/rows';
import type { TaskContext } from '../../longTask';
import type { Service } from '../../service';
import type { ServiceContext } from '../../serviceContext';

interface Entry {
  task: Task;
  abort: AbortController;
  ended: Promise<void>;
}

/** Number of ended tasks that are remembered. */
const KEEP = 100;

export class Tasks implements Service {
  readonly name = 'tasks';
  readonly methods = {
    'tasks.get': ({ task_id, wait }: Params<'tasks.get'>) => this.get(task_id, wait === true),
    'tasks.cancel': ({ task_id }: Params<'tasks.cancel'>) => this.cancel(task_id),
  };
  private readonly entries = new Map<string, Entry>();
  private rev = 0;

  constructor(private readonly context: Pick<ServiceContext, 'notify'>) {}

  get active(): boolean {
    return [...this.entries.values()].some(({ task }) => task.state === 'running');
  }

  /** Returns the task in its current state, or with `wait` once it has ended. */
  begin(text: Text, work: (context: TaskContext) => Promise<Json>, wait = false): Task | Promise<Task> {
    const task: Task = {
      task_id: randomBytes(6).toString('hex'),
      state: 'running',
      done: 0,
      total: null,
      message: formatText(text),
      text,
    };
    const abort = new AbortController();
    const progress = (done: number, total: number | null, now: Text) => {
      Object.assign(task, { done, total, message: formatText(now), text: now });
      this.changed();
    };
    const ended = work({ signal: abort.signal, progress })
      .then((result) => Object.assign(task, { state: 'done', result }))
      .catch((error: unknown) => {
        const message = messageOf(error);
        const why = { state: 'failed', message, text: error instanceof ApiError ? error.data.text : undefined };
        Object.assign(task, abort.signal.aborted ? { state: 'cancelled' } : why);
      })
      .then(() => {
        this.changed();
        this.forgetOld();
      });
    this.entries.set(task.task_id, { task, abort, ended });
    return wait ? this.get(task.task_id, true) : { ...task };
  }

  private async get(id: string, wait: boolean): Promise<Task> {
    const entry = this.find(id);
    if (wait) await entry.ended;
    return { ...entry.task };
  }

  private async cancel(id: string): Promise<Task> {
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

  private changed(): void {
    this.context.notify([{ topic: 'tasks', rev: ++this.rev }]);
  }

  private forgetOld(): void {
    const ended = [...this.entries].filter(([, { task }]) => task.state !== 'running');
    for (const [id] of ended.slice(0, Math.max(0, ended.length - KEEP))) this.entries.delete(id);
  }
}
