/** Reading values of unknown type: what was thrown, what came over a wire, what somebody stored. */

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True of an object with named fields: not null, not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
