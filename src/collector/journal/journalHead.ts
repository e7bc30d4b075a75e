/** Finds the writer of a journal from its first frame or, if that is damaged, from the file's name. */
import { isRecord } from '../../base/unknown';
import { procOf, textOf } from '../../domain/payload';
import type { JournalHead, Proc, Role } from '../../protocol/events';
import { isId } from '../../protocol/ids';
import { COMMANDS_JOURNAL, EVENT_JOURNAL, USER_JOURNAL } from '../files/runFiles';

const ROLES: readonly string[] = ['script', 'supervisor', 'collector', 'user', 'import'] satisfies Role[];
const NO_PROCESS: Proc = { host: '', boot: '', pidns: null, pid: 0, start: '' };

/** Returns the head, or the reason why the journal cannot be read; null if this is not a head. */
export function headOf(envelope: Record<string, unknown>, runId: string): JournalHead | { problem: string } | null {
  const p = envelope['p'];
  if (envelope['t'] !== 'journal' || !isRecord(p)) return null;
  if (typeof p['format'] === 'number' && p['format'] > 1)
    return { problem: `It has format ${p['format']}, written by a newer version of XTrack. Update XTrack.` };
  const { run_id, worker, attempt, writer, role } = p;
  if (run_id !== runId) return { problem: `It belongs to run ${JSON.stringify(run_id)?.slice(0, 150)}.` };
  if (!isId(worker) || !isId(writer) || typeof role !== 'string' || !ROLES.includes(role)) return null;
  if (typeof attempt !== 'number' || !Number.isSafeInteger(attempt) || attempt < 0) return null;
  const parent = p['forked_from'];
  return {
    format: 1,
    run_id: runId,
    worker,
    attempt,
    writer,
    role: role as Role,
    proc: procOf(p['proc']) ?? NO_PROCESS,
    client: textOf(p['client']) ?? '',
    ...(isId(parent) ? { forked_from: parent } : {}),
  };
}

export function headFromName(name: string, runId: string): JournalHead | null {
  const of = (worker: string, attempt: number, writer: string, role: Role): JournalHead | null =>
    isId(worker) && isId(writer)
      ? { format: 1, run_id: runId, worker, attempt, writer, role, proc: NO_PROCESS, client: '' }
      : null;
  if (name === COMMANDS_JOURNAL) return of('commands', 0, 'commands', 'collector');
  const [, editor] = USER_JOURNAL.exec(name) ?? [];
  if (editor !== undefined) return of('user', 0, editor, 'user');
  const [, worker, attempt, writer] = EVENT_JOURNAL.exec(name) ?? [];
  if (worker === undefined || attempt === undefined || writer === undefined) return null;
  const role = worker.startsWith('sup-') ? 'supervisor' : worker.startsWith('col-') ? 'collector' : 'script';
  return of(worker, Number(attempt), writer, role);
}
