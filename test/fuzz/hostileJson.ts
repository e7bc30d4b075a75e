/** JSON that nobody expects, and mutations of JSON that somebody does. */
import type { Dice } from '../faults/seeded';

const LEAVES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  -1e308,
  9007199254740993,
  2 ** 31,
  'NaN',
  '-Infinity',
  '',
  ' ',
  '../../etc/passwd',
  'a/b',
  '\u0000',
  '\ud800',
  '__proto__',
  'constructor',
  'toString',
  "'; DROP TABLE run; --",
  '<img src=x onerror=alert(1)>',
  '${jndi:ldap://x}',
  '%s%n',
  '🎉'.repeat(50),
  'x'.repeat(20_000),
  [],
  {},
  [[[[]]]],
  { __proto__x: 1, constructor: { prototype: { polluted: true } } },
  JSON.parse('{"__proto__":{"polluted":true}}'),
];

export function hostile(dice: Dice, depth = 3): unknown {
  if (depth === 0 || dice.below(3) > 0) return dice.pick(LEAVES);
  if (dice.below(2) === 0) return Array.from({ length: dice.below(4) }, () => hostile(dice, depth - 1));
  return Object.fromEntries(
    Array.from({ length: dice.below(4) }, () => [String(dice.pick(LEAVES)).slice(0, 50), hostile(dice, depth - 1)]),
  );
}

/** One place of a value, anywhere in it, becomes something else, goes, or is joined by another. */
export function mutatedJson(value: unknown, dice: Dice): unknown {
  if (typeof value !== 'object' || value === null || dice.below(4) === 0) return hostile(dice);
  const keys = Object.keys(value);
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string, unknown>;
  if (keys.length === 0 || dice.below(8) === 0) {
    copy[Array.isArray(value) ? String(keys.length) : dice.pick(['extra', '__proto__x', 'run_id', 'limit'])] =
      hostile(dice);
    return copy;
  }
  const key = dice.pick(keys);
  if (dice.below(8) === 0) delete copy[key];
  else copy[key] = mutatedJson(copy[key], dice);
  return copy;
}
