import { isRecord } from '../../base/unknown';
import type { Json } from '../../protocol/events';

/** Parses `a=1 b=x` or JSON; a custom command starts with its name. */
export function payloadOf(text: string, named: boolean): { [key: string]: Json } | null {
  const trimmed = text.trim();
  if (trimmed.startsWith('{')) {
    const parsed = jsonOr(trimmed, null);
    return isRecord(parsed) ? parsed : null;
  }
  const words = trimmed.split(/\s+/).filter(Boolean);
  const name = named && words[0] !== undefined && !words[0].includes('=') ? words.shift() : undefined;
  if (words.length === 0 && name === undefined) return null;
  if (words.some((word) => word.indexOf('=') < 1)) return null;
  const values = words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] as const);
  return {
    ...(name !== undefined && { name }),
    ...Object.fromEntries(values.map(([key, value]) => [key, jsonOr(value, value)])),
  };
}

function jsonOr(text: string, otherwise: Json): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return otherwise;
  }
}
