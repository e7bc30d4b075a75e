/** Reading payloads from other programs: no field is trusted to have the right type. */
import { crc32 } from '../base/crc32';
import { isRecord } from '../base/unknown';
import type { Exit, Json, Num, Proc, RunError } from '../protocol/events';
import { put } from './safeRecord';

export type Fields = Record<string, unknown>;

export const MAX_KEY = 1000;
const MAX_TEXT = 1_000_000;

export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? (value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value) : null;
}

/** A text that is not blank. */
export function wordOf(value: unknown): string | null {
  const text = textOf(value);
  return text === null || text.trim() === '' ? null : text;
}

export function finiteOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A metric's value: a number, one of the words for numbers that JSON does not have, or null, which some writers send for NaN. */
export function metricOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (value === 'NaN' || value === null) return NaN;
  if (value === 'Infinity') return Infinity;
  if (value === '-Infinity') return -Infinity;
  return typeof value === 'boolean' ? Number(value) : undefined;
}

export function numOf(value: number): Num {
  return Number.isFinite(value) ? value : (String(value) as Num);
}

export function metricsOf(value: unknown): Record<string, Num> {
  const metrics: Record<string, Num> = {};
  if (!isRecord(value)) return metrics;
  for (const [key, entry] of Object.entries(value)) {
    const number = metricOf(entry);
    if (number !== undefined) put(metrics, shortKey(key), numOf(number));
  }
  return metrics;
}

/** Keys are shown and indexed, so an overlong one keeps its start and gets a suffix that keeps it unique. */
export function shortKey(key: string): string {
  if (key.length <= MAX_KEY) return key;
  const hash = crc32(new TextEncoder().encode(key)).toString(16).padStart(8, '0');
  return `${key.slice(0, MAX_KEY)}…${hash}`;
}

export function stringsOf(value: unknown): Record<string, string> {
  const strings: Record<string, string> = {};
  if (!isRecord(value)) return strings;
  for (const [key, entry] of Object.entries(value))
    if (typeof entry === 'string' || typeof entry === 'number' || typeof entry === 'boolean')
      put(strings, shortKey(key), String(entry));
  return strings;
}

export function errorOf(value: unknown): RunError | null {
  if (typeof value === 'string') return { message: value };
  if (!isRecord(value)) return null;
  const error: RunError = {};
  for (const key of ['type', 'message', 'traceback'] as const) {
    const text = wordOf(value[key]);
    if (text !== null) error[key] = text;
  }
  return Object.keys(error).length > 0 ? error : null;
}

export function exitOf(value: unknown): Exit | null {
  if (!isRecord(value)) return null;
  const exit: Exit = {};
  const code = finiteOf(value['code']);
  if (code !== null) exit.code = code;
  const signal = wordOf(value['signal']) ?? (typeof value['signal'] === 'number' ? `signal ${value['signal']}` : null);
  if (signal !== null) exit.signal = signal;
  const reason = wordOf(value['reason']);
  if (reason !== null) exit.reason = reason;
  return exit;
}

export function procOf(value: unknown): Proc | null {
  if (!isRecord(value)) return null;
  const { host, boot, pidns, pid, start } = value;
  if (typeof host !== 'string' || typeof pid !== 'number' || !Number.isInteger(pid) || pid <= 0) return null;
  return { host, boot: textOf(boot) ?? '', pidns: textOf(pidns), pid, start: textOf(start) ?? '' };
}

export function jsonOf(value: unknown): Json {
  return (value ?? null) as Json;
}
