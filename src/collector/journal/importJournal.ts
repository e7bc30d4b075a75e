/**
 * The journal of an imported run. Each batch of events is one write and one sync, and ends in an event `import`, which says
 * where the run came from and at which position its source is to be read on. Events that a crash left behind the last such
 * event are written again with the same numbers, which readers accept once; so events must follow from the source alone.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { FrameDecoder } from '../../base/frames';
import { isRecord } from '../../base/unknown';
import type { JournalHead, Json, Origin } from '../../protocol/events';
import { isEventJournal } from '../files/runFiles';
import { JournalWriter, type NewEvent } from './journalWriter';

const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const CHUNK = 1 << 20;

export class ImportJournal {
  private constructor(
    private readonly journal: JournalWriter,
    private readonly runId: string,
    /** The position that came with the last whole batch; null before the first one. */
    private at: Json,
    /** The source's time of the last whole batch, in µs; null before the first one. */
    private ts: number | null,
  ) {}

  /**
   * Makes the journal, or continues that of an earlier process. The writer of `head` must follow from the source. Throws if
   * an existing file is not the journal of this import.
   */
  static open(runDir: string, head: Omit<JournalHead, 'role'>): ImportJournal {
    const file = `events-${head.worker}-${head.attempt}-${head.writer}.xtj`;
    if (!isEventJournal(file)) throw new Error(`${file} is not a valid name for a journal`);
    const whole: JournalHead = { ...head, role: 'import' };
    const { seq, position, ts } = lastBatch(join(runDir, file), whole);
    const journal =
      seq === null ? JournalWriter.create(runDir, file, whole) : JournalWriter.continueAt(runDir, file, whole, seq);
    return new ImportJournal(journal, head.run_id, position, ts);
  }

  get position(): Json {
    return this.at;
  }

  /**
   * When this returns, the batch survives a power failure. Throws if it could not be written; it may then be appended
   * again.
   */
  append(events: readonly NewEvent[], origin: Origin, position: Json): void {
    // A batch may consist of a new position alone. It is no newer than what was read of the source before.
    const ts = events.at(-1)?.ts ?? this.ts;
    const last: NewEvent = {
      t: 'import',
      p: { run_id: this.runId, origin, position },
      ...(ts !== null && { ts }),
    };
    this.journal.appendAll([...events, last]);
    this.journal.sync();
    this.at = position;
    this.ts = ts;
  }

  close(): void {
    this.journal.close();
  }
}

interface LastBatch {
  /** Null if there is no such journal, 0 if it has no whole batch, and -1 if even its head is missing. */
  seq: number | null;
  position: Json;
  ts: number | null;
}

/** Throws if the file is not the journal that `head` names: other processes may write to the directory. */
function lastBatch(path: string, head: JournalHead): LastBatch {
  const found: LastBatch = { seq: null, position: null, ts: null };
  let fd: number;
  try {
    fd = openSync(path, READ);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return found;
    throw error;
  }
  try {
    if (!fstatSync(fd).isFile()) throw new Error(`${path} is not a file`);
    found.seq = -1;
    const decoder = new FrameDecoder();
    for (let count = 1; count > 0;) {
      const chunk = Buffer.allocUnsafe(CHUNK);
      count = readSync(fd, chunk, 0, CHUNK, null);
      decoder.push(chunk.subarray(0, count));
      for (let item = decoder.next(); item; item = decoder.next()) {
        if (item.kind === 'bad') continue;
        const { t, m, p } = item.envelope;
        if (t === 'journal' && !(isRecord(p) && p['writer'] === head.writer && p['role'] === head.role))
          throw new Error(`${path} is the journal of another writer than import ${head.writer}`);
        if (t === 'journal' && found.seq < 0) found.seq = 0;
        if (t !== 'import' || !isRecord(m) || !isRecord(p)) continue;
        const { seq, ts } = m;
        if (found.seq < 0) throw new Error(`${path} has a batch of an import before its head`);
        if (!isPositive(seq) || !Number.isSafeInteger(seq))
          throw new Error(`${path} has a batch of an import without a valid number`);
        found.seq = seq;
        found.position = (p['position'] ?? null) as Json;
        if (isPositive(ts)) found.ts = ts;
      }
    }
    return found;
  } finally {
    closeSync(fd);
  }
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value < Infinity;
}
