/** Work that takes longer than a reply, as the services that have some see it. */
import type { Text } from '../../base/texts';
import type { Json } from '../../protocol/events';
import type { Task } from '../../protocol/rows';

export interface TaskContext {
  readonly signal: AbortSignal;
  progress(done: number, total: number | null, text: Text): void;
}

/** Answers the task as it is now, or with `wait` as it ended. */
export type StartTask = (
  text: Text,
  work: (context: TaskContext) => Promise<Json>,
  wait?: boolean,
) => Task | Promise<Task>;
