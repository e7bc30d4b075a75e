/** Checks the hello that a client sends first, and the events that follow. */
import { z } from 'zod';
import { isRecord } from '../../base/unknown';
import type { Envelope, Hello, JournalHead } from '../../protocol/events';
import { isId } from '../../protocol/ids';

const id = z.string().refine(isId, 'is not a valid id');

const proc = z.object({
  host: z.string().max(255),
  boot: z.string().max(255),
  pidns: z.string().max(255).nullable(),
  pid: z.number().int(),
  start: z.string().max(255),
});

export const helloSchema: z.ZodType<Hello> = z.object({
  protocol: z.literal(1),
  token: z.string().optional(),
  run_id: id,
  worker: id,
  attempt: z.number().int().min(1).max(1_000_000),
  writer: id,
  journal: z.string().max(400).optional(),
  client: z.string().max(200).catch('unknown'),
  role: z.enum(['script', 'supervisor']).optional(),
  proc: proc.optional(),
});

/** Stands for a process that is on another machine or unknown, and is never looked up here. */
const NO_PROCESS = { host: '', boot: '', pidns: null, pid: 0, start: '' };

export function headOf(hello: Hello): JournalHead {
  return {
    format: 1,
    run_id: hello.run_id,
    worker: hello.worker,
    attempt: hello.attempt,
    writer: hello.writer,
    role: hello.role ?? (hello.worker.startsWith('sup-') ? 'supervisor' : 'script'),
    proc: hello.proc ?? NO_PROCESS,
    client: hello.client,
  };
}

/** Returns the envelope if it may be journaled as an event of this run, else the reason why not. */
export function eventOf(envelope: Record<string, unknown>, runId: string): Envelope | string {
  const { t, m, p, v } = envelope;
  if (v !== 1) return `of version ${JSON.stringify(v)}; this collector speaks version 1`;
  if (typeof t !== 'string' || t === '' || t === 'journal') return 'without a type';
  if (!isObject(m) || !isObject(p)) return `"${t}" without m or p`;
  if (!Number.isSafeInteger(m['seq']) || (m['seq'] as number) < 0) return `"${t}" without a seq`;
  if (typeof m['ts'] !== 'number') return `"${t}" without a time`;
  const of = runIdOf(p);
  if (of !== null && of !== runId) return `"${t}" of another run (${JSON.stringify(of)})`;
  return envelope as unknown as Envelope;
}

/** Returns null if the payload names no run. */
export function runIdOf(payload: unknown): string | null {
  const named = isObject(payload) ? payload['run_id'] : null;
  const id = isObject(named) ? named['id'] : named;
  return typeof id === 'string' ? id : null;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return isRecord(value);
}
