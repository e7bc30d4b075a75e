/** The life of a run in terms of its status. Everything that groups statuses (SQL, filters, icons) is derived from this file. */
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

/** None of its processes has started yet. */
export function isWaiting(status: Status): boolean {
  return STAGES[status] === 'waiting';
}

/** It has ended; only a resume can continue it. */
export function isOver(status: Status): boolean {
  return STAGES[status] === 'over';
}

/** It has not ended as far as is known, so more events may arrive at any time. */
export function isActive(status: Status): boolean {
  return !isOver(status);
}

/** It is known to be waiting or running. A lost run is active, but may not be alive. */
export function isAlive(status: Status): boolean {
  return isActive(status) && STAGES[status] !== 'lost';
}

export const ACTIVE: readonly Status[] = STATUSES.filter(isActive);
export const OVER: readonly Status[] = STATUSES.filter(isOver);

/** A filter of the query language for runs whose status is one of these. */
export function statusFilter(statuses: readonly Status[]): string {
  return `status in (${statuses.map((status) => JSON.stringify(status)).join(', ')})`;
}
