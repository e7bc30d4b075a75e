/** The life of a run, as its status tells it. What asks for several statuses at once (SQL, filters, icons) asks here. */
import { STATUSES, type Status } from '../../protocol/rows';

type Stage = 'waiting' | 'running' | 'lost' | 'over';

const STAGES: Record<Status, Stage> = {
  queued: 'waiting',
  running: 'running',
  lost: 'lost',
  completed: 'over',
  failed: 'over',
  killed: 'over',
  cancelled: 'over',
};

/** Nothing of it has started yet. */
export function isWaiting(status: Status): boolean {
  return STAGES[status] === 'waiting';
}

/** It has ended; only a resume makes it go on. */
export function isOver(status: Status): boolean {
  return STAGES[status] === 'over';
}

/** It has not ended, as far as is known: more of it may come at any time. */
export function isActive(status: Status): boolean {
  return !isOver(status);
}

/** It is known to wait or to run. A lost run is active, but nobody knows whether it is alive. */
export function isAlive(status: Status): boolean {
  return isActive(status) && STAGES[status] !== 'lost';
}

export const ACTIVE: readonly Status[] = STATUSES.filter(isActive);
export const OVER: readonly Status[] = STATUSES.filter(isOver);

/** A filter of the query language for runs whose status is one of these. */
export function statusFilter(statuses: readonly Status[]): string {
  return `status in (${statuses.map((status) => JSON.stringify(status)).join(', ')})`;
}
