import { createHash, timingSafeEqual } from 'node:crypto';

/** Compares in constant time, so that a token cannot be guessed bit by bit. */
export function isToken(given: unknown, token: string): boolean {
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
