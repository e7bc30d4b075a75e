/** When a run was moved to the trash, and which runs retention must not move there. */
import type { RunState } from './state';
import { lookUp } from '../safeRecord';

/** When the run was moved to the trash, in epoch ms; null if it is not there. */
export function trashedAt({ user, stamps }: RunState): number | null {
  return user.deleted ? (stampOf(stamps) ?? 0) : null;
}

/** True if a user starred, named, tagged or annotated the run by hand, or restored it from the trash. */
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
