/** Where a stop is on its ladder, told without asking: asking the collector to stop again would skip a rung. */
import type { CommandState, StopResult } from '../../protocol/rows';

export interface Ladder extends StopResult {
  /** The script has acknowledged the stop and gets the time of a whole rung to end by itself. */
  heard: boolean;
}

/** As the collector's. */
const RUNG_MS = 10_000;
const NEXT = { command: 'int', int: 'term', term: 'kill', kill: null, ended: null } as const;

export function rungAt(ladder: Ladder, now: number): Ladder {
  if (ladder.next_at === null || now < ladder.next_at) return ladder;
  if (ladder.stage === 'command' && ladder.heard && now < ladder.next_at + RUNG_MS) {
    return { ...ladder, next_at: ladder.next_at + RUNG_MS, heard: true };
  }
  const stage = NEXT[ladder.stage];
  if (stage === null) return { ...ladder, next_at: null };
  return { ...ladder, stage, next_at: NEXT[stage] === null ? null : ladder.next_at + RUNG_MS };
}

/** Whether the latest stop command was acknowledged. */
export function heard(commands: CommandState[]): boolean {
  const stop = commands.findLast(({ type }) => type === 'stop');
  return stop?.acks.some(({ status }) => status === 'received' || status === 'done') ?? false;
}
