/** What is in the trash since when, and what only its owner may throw away. */
import type { RunState } from './state';
import { lookUp } from '../safeRecord';

/** Epoch ms; null for a run that is not in the trash. */
export function trashedAt({ user, stamps }: RunState): number | null {
  return user.deleted ? (stampOf(stamps) ?? 0) : null;
}

/** Somebody cared: starred, named, tagged or annotated it by hand, or took it out of the trash. */
export function isKept({ user, stamps }: RunState): boolean {
  const isEdited =
    user.starred ||
    user.name !== null ||
    user.notes.trim() !== '' ||
    Object.values(user.tags).some((tag) => tag !== null);
  return isEdited || (!user.deleted && stampOf(stamps) !== null);
}

function stampOf(stamps: RunState['stamps']): number | null {
  return (stamps && lookUp(stamps, 'user deleted')?.[2]) ?? null;
}
