/**
 * Clients of plain protocol v1 send no hello. A connection is one writer for each run and worker, and its drop ends the
 * run.
 */
import { randomBytes } from 'node:crypto';
import type { Envelope, Json } from '../../protocol/events';
import { isId } from '../../protocol/ids';
import type { RunDirectories } from '../files/runDirectory';
import { journalNames } from '../files/sealFile';
import { eventOf, headOf, isObject, runIdOf } from './hello';
import type { StreamJournal, StreamJournals } from './streamJournal';

interface Stream {
  runId: string;
  worker: string;
  journal: StreamJournal;
  ended: boolean;
}

export class LegacyStreams {
  private readonly streams = new Map<string, Stream>();

  constructor(
    private readonly runs: RunDirectories,
    private readonly journals: StreamJournals,
    private readonly grown: (runId: string, file: string) => void,
  ) {}

  /** Returns the reason why the event was skipped; null if it was journaled. Throws if the journal cannot be written. */
  take(envelope: Record<string, unknown>): string | null {
    const runId = runIdOf(envelope['p']);
    if (!isId(runId)) return `an event without a valid run id (${JSON.stringify(runId)})`;
    const meta = isObject(envelope['m']) ? envelope['m'] : {};
    const worker = meta['wid'] ?? 'worker-0';
    if (!isId(worker)) return `an event without a valid worker id (${JSON.stringify(worker)})`;
    const stream = this.streamOf(runId, worker);
    const seq = Number.isSafeInteger(meta['seq']) ? meta['seq'] : stream.journal.lastSeq + 1;
    const ts = typeof meta['ts'] === 'number' ? meta['ts'] : Date.now() * 1000;
    const event = eventOf({ ...envelope, m: { ...meta, seq, ts } }, runId);
    if (typeof event === 'string') return `an event ${event}`;
    stream.journal.append([event]);
    if (event.t === 'run_end') stream.ended = true;
    this.grown(runId, stream.journal.file);
    return null;
  }

  /** Called when the connection is gone. */
  drop(): void {
    for (const { runId, worker, journal, ended } of this.streams.values()) {
      try {
        if (!ended) journal.append([dropped(runId, worker, journal.lastSeq + 1)]);
      } catch {
        // If the disk is full, this end is lost like everything else; the other streams have to end all the same.
      } finally {
        journal.release();
        this.grown(runId, journal.file);
      }
    }
    this.streams.clear();
  }

  private streamOf(runId: string, worker: string): Stream {
    const key = `${runId}/${worker}`;
    const known = this.streams.get(key);
    if (known) return known;
    const attempt = nextAttempt(this.runs.ensure(runId), worker);
    const writer = randomBytes(8).toString('hex');
    const head = headOf({ protocol: 1, run_id: runId, worker, attempt, writer, client: 'xtrack v1' });
    const stream = { runId, worker, journal: this.journals.acquire(head), ended: false };
    this.streams.set(key, stream);
    return stream;
  }
}

/** The latest attempt, or the next one if this worker has already been part of it. */
function nextAttempt(runDir: string, worker: string): number {
  let latest = 1;
  let joined = false;
  for (const name of journalNames(runDir)) {
    const [, of, number] = /^events-(.+)-(\d+)-[^-]+\.xtj$/.exec(name) ?? [];
    if (of === undefined || Number(number) < latest) continue;
    joined = of === worker || (joined && Number(number) === latest);
    latest = Number(number);
  }
  return joined ? latest + 1 : latest;
}

function dropped(runId: string, worker: string, seq: number): Envelope {
  const end: Json = {
    run_id: runId,
    status: 'failed',
    error: { type: 'ConnectionDropped', message: 'connection dropped' },
  };
  return { v: 1, t: 'run_end', m: { seq, ts: Date.now() * 1000, wid: worker }, p: end };
}
