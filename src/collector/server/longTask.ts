/** The interface that services use for long work. */
import type { Text } from '../../base/texts';
import type { Json } from '../../protocol/events';
import type { Task } from '../../protocol/rows';

export interface TaskContext {
  readonly signal: AbortSignal;
  progress(done: number, total: number | null, text: Text): void;
}

/** Returns the task in its current state, or with `wait` once it has ended. */
export type StartTask = (
  text: Text,
  work: (context: TaskContext) => Promise<Json>,
  wait?: boolean,
) => Task | Promise<Task>;
