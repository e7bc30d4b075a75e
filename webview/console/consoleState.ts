import { isRecord } from '../../src/base/unknown';
import { type StateOf, stateSlice } from '../model/stateSlice';
import { optional, text } from '../shared/storedFields';

/** A console log, and where in it somebody stopped to read: at a line, counted from a byte; null where it follows. */
export interface ConsolePlace {
  run_id: string;
  worker: string;
  attempt: number;
  at: { offset: number; line: number } | null;
}

export const CONSOLE_STATE = stateSlice(
  'console',
  {
    search: text(),
    /** Null for what the run prints now. */
    place: optional(readPlace),
  },
  ['place'],
);

export type ConsoleState = StateOf<typeof CONSOLE_STATE>;

function readPlace(stored: unknown): ConsolePlace | null {
  if (!isRecord(stored)) return null;
  const { run_id, worker, attempt } = stored;
  if (typeof run_id !== 'string' || typeof worker !== 'string' || typeof attempt !== 'number') return null;
  const { offset, line } = isRecord(stored.at) ? stored.at : {};
  const isLine = typeof offset === 'number' && typeof line === 'number';
  return { run_id, worker, attempt, at: isLine ? { offset, line } : null };
}
