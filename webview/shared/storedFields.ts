/**
 * Reads stored values, perhaps of another version. A field declares its initial value together with its reader, so that
 * no field can be stored and then not be read back.
 */
import { isRecord } from '../../src/base/unknown';

export interface Field<T> {
  readonly initial: T;
  /** Values that do not fit become `initial`. */
  read(stored: unknown): T;
}

type Fields = Record<string, Field<unknown>>;
export type Values<F extends Fields> = { [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** `read` returns null for a value that does not fit. */
export function field<T>(initial: T, read: (stored: unknown) => T | null): Field<T> {
  return { initial, read: (stored) => read(stored) ?? initial };
}

export function flag(initial: boolean): Field<boolean> {
  return field(initial, (stored) => (typeof stored === 'boolean' ? stored : null));
}

export function text(initial = ''): Field<string> {
  return field(initial, readText);
}

export function numberWithin(least: number, most: number, initial: number): Field<number> {
  return field(initial, (stored) => {
    const number = readNumber(stored);
    return number === null ? null : Math.min(most, Math.max(least, number));
  });
}

export function oneOf<T extends string>(choices: readonly T[], initial: NoInfer<T>): Field<T> {
  return field(initial, (stored) => choices.find((choice) => choice === stored) ?? null);
}

/** Null until something is chosen. */
export function optional<T>(read: (stored: unknown) => T | null): Field<T | null> {
  return field<T | null>(null, read);
}

/** Items that do not fit are left out. */
export function listOf<T>(read: (stored: unknown) => T | null, initial: T[] = []): Field<T[]> {
  return field(initial, (stored) => readList(stored, read));
}

/** By name. Entries that do not fit are left out. */
export function mapOf<T>(read: (stored: unknown) => T | null): Field<Record<string, T>> {
  return field<Record<string, T>>({}, (stored) => {
    const entries = isRecord(stored) ? Object.entries(stored) : [];
    return Object.fromEntries(
      entries.flatMap(([name, value]) => {
        const fits = read(value);
        return fits === null ? [] : [[name, fits]];
      }),
    );
  });
}

export function recordOf<F extends Fields>(fields: F): Field<Values<F>> {
  const all = (valueOf: (name: string, field: Field<unknown>) => unknown): Values<F> =>
    Object.fromEntries(Object.entries(fields).map(([name, each]) => [name, valueOf(name, each)])) as Values<F>;
  return {
    initial: all((_, { initial }) => initial),
    read: (stored) => {
      const from = isRecord(stored) ? stored : {};
      return all((name, each) => each.read(Object.hasOwn(from, name) ? from[name] : undefined));
    },
  };
}

export function readText(stored: unknown): string | null {
  return typeof stored === 'string' ? stored : null;
}

export function readNumber(stored: unknown): number | null {
  return typeof stored === 'number' && Number.isFinite(stored) ? stored : null;
}

export function readList<T>(stored: unknown, read: (stored: unknown) => T | null): T[] | null {
  if (!Array.isArray(stored)) return null;
  return stored.flatMap((item: unknown) => {
    const fits = read(item);
    return fits === null ? [] : [fits];
  });
}
