/** Reading values of unknown type: thrown errors, messages from a wire, stored state. */

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True for an object with named fields, which null and arrays are not. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
