/** The collector's copy of the journal of a writer that does not see this disk. Seq and time stay the sender's. */
import {
  closeSync,
  constants,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  ftruncateSync,
  futimesSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { encodeFrame, FrameDecoder } from '../../base/frames';
import { fillGap, noteGap, type SeqGaps } from '../../domain/run/seqGaps';
import type { Envelope, JournalHead } from '../../protocol/events';

const SYNC_EVERY_MS = 1000;
const READ_CHUNK = 1 << 20;

export class StreamJournal {
  private syncTimer: NodeJS.Timeout | null = null;
  private holders = 0;

  private constructor(
    private fd: number,
    private readonly path: string,
    private readonly head: JournalHead,
    /** Base name. */
    readonly file: string,
    private last: number,
    private gaps: SeqGaps,
    /** From this seq on it is unknown which events have arrived, so duplicates are left to the reader. */
    private unclear: number,
    private readonly onLastRelease: () => void,
  ) {}

  /** Makes the file, or continues that of an earlier connection. Throws if it cannot be written or has another writer. */
  static open(runDir: string, head: JournalHead, onLastRelease: () => void): StreamJournal {
    const file = `events-${head.worker}-${head.attempt}-${head.writer}.xtj`;
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
    const path = join(runDir, file);
    const fd = openSync(path, flags, 0o600);
    try {
      if (!fstatSync(fd).isFile()) throw new Error(`${file} is not a regular file`);
      const found = scan(fd);
      if (found.head !== null && (found.head.writer !== head.writer || found.head.run_id !== head.run_id))
        throw new Error(`${file} is the journal of another writer`);
      // A collector that was killed while writing may have left half a frame, which was never acknowledged.
      ftruncateSync(fd, found.end);
      if (found.head === null) writeAll(fd, encodeFrame(headEnvelope(head)));
      return new StreamJournal(fd, path, head, file, found.last, found.gaps, found.unclear, onLastRelease);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** The last seq that is in the file. */
  get lastSeq(): number {
    return this.last;
  }

  /** Appends new envelopes in one write and skips duplicates. Throws if the disk is full. */
  append(envelopes: readonly Envelope[]): void {
    let { last, unclear } = this;
    // A copy is changed, because events that cannot be written must not count as received.
    const gaps: SeqGaps = [...this.gaps];
    const frames: Uint8Array[] = [];
    for (const envelope of envelopes) {
      const { seq } = envelope.m;
      if (seq <= last && !fillGap(gaps, seq) && seq < unclear) continue;
      if (!noteGap(gaps, last, seq)) unclear = Math.min(unclear, last + 1);
      frames.push(encodeFrame(envelope));
      last = Math.max(last, seq);
    }
    if (frames.length === 0) return;
    writeAll(this.fd, Buffer.concat(frames));
    if (this.wasRemoved()) this.recreate(frames);
    this.last = last;
    this.gaps = gaps;
    this.unclear = unclear;
    this.syncTimer ??= setTimeout(() => {
      this.syncTimer = null;
      // A failed sync means a failing disk, which the next append will report.
      fdatasync(this.fd, () => undefined);
    }, SYNC_EVERY_MS);
  }

  /** True if the run was sealed during the connection, so that the last write went to a deleted file. */
  private wasRemoved(): boolean {
    return process.platform !== 'win32' && fstatSync(this.fd).nlink === 0;
  }

  private recreate(frames: Uint8Array[]): void {
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_EXCL;
    const fd = openSync(this.path, flags, 0o600);
    try {
      writeAll(fd, Buffer.concat([encodeFrame(headEnvelope(this.head)), ...frames]));
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(this.fd);
    this.fd = fd;
  }

  /** Records a heartbeat in the file's times, from which liveness is read. */
  touch(): void {
    const now = new Date();
    futimesSync(this.fd, now, now);
  }

  retain(): this {
    this.holders++;
    return this;
  }

  release(): void {
    if (--this.holders > 0) return;
    this.onLastRelease();
    try {
      if (!this.syncTimer) return;
      clearTimeout(this.syncTimer);
      fdatasyncSync(this.fd);
    } catch {
      // The disk is failing, and no client is left to notify.
    } finally {
      closeSync(this.fd);
    }
  }
}

/**
 * Holds one journal for each writer. An old connection may still be closing when the writer is back, so they share it.
 */
export class StreamJournals {
  private readonly open = new Map<string, StreamJournal>();

  constructor(private readonly runDirOf: (runId: string) => string) {}

  acquire(head: JournalHead): StreamJournal {
    const key = `${head.run_id}/${head.worker}/${head.attempt}/${head.writer}`;
    let journal = this.open.get(key);
    if (!journal) {
      journal = StreamJournal.open(this.runDirOf(head.run_id), head, () => this.open.delete(key));
      this.open.set(key, journal);
    }
    return journal.retain();
  }
}

/** The head of a journal file; null if it has none yet. */
export function readHead(fd: number): JournalHead | null {
  const decoder = new FrameDecoder();
  const chunk = Buffer.alloc(16384);
  decoder.push(chunk.subarray(0, readSync(fd, chunk, 0, chunk.length, 0)));
  const first = decoder.next();
  return first?.kind === 'frame' ? asHead(first.envelope) : null;
}

/** `end` is the offset behind the last whole frame. */
function scan(fd: number): { head: JournalHead | null; last: number; gaps: SeqGaps; unclear: number; end: number } {
  const decoder = new FrameDecoder();
  const chunk = Buffer.alloc(READ_CHUNK);
  let head: JournalHead | null = null;
  const gaps: SeqGaps = [];
  let last = 0;
  let unclear = Infinity;
  for (let at = 0, count = 1; count > 0; at += count) {
    count = readSync(fd, chunk, 0, chunk.length, at);
    // The decoder keeps what it is given, so it gets a copy.
    decoder.push(Buffer.from(chunk.subarray(0, count)));
    for (let item = decoder.next(); item; item = decoder.next()) {
      if (item.kind === 'bad') continue;
      head ??= asHead(item.envelope);
      const seq = seqOf(item.envelope);
      if (seq <= last) fillGap(gaps, seq);
      if (!noteGap(gaps, last, seq)) unclear = Math.min(unclear, last + 1);
      last = Math.max(last, seq);
    }
  }
  return { head, last, gaps, unclear, end: decoder.offset };
}

const TAIL = 1 << 16;

/** The highest seq in a journal. Only as much of its end is read as needed. */
export function lastSeqOf(fd: number, size: number): number {
  for (let length = Math.min(TAIL, size); ; length = Math.min(length * 16, size)) {
    const bytes = Buffer.alloc(length);
    // Reading may start in the middle of a frame; then the decoder has to find the next one.
    const decoder = new FrameDecoder(0, length < size);
    decoder.push(bytes.subarray(0, readSync(fd, bytes, 0, length, size - length)));
    let last = 0;
    for (let item = decoder.next(); item; item = decoder.next())
      if (item.kind === 'frame') last = Math.max(last, seqOf(item.envelope));
    if (last > 0 || length === size) return last;
  }
}

/** Returns 0 if the envelope has none. */
function seqOf(envelope: Record<string, unknown>): number {
  const seq = (envelope['m'] as { seq?: unknown } | undefined)?.seq;
  return typeof seq === 'number' && Number.isSafeInteger(seq) && seq > 0 ? seq : 0;
}

function asHead(envelope: Record<string, unknown>): JournalHead | null {
  return envelope['t'] === 'journal' ? ((envelope['p'] ?? null) as JournalHead | null) : null;
}

function headEnvelope(head: JournalHead): Envelope {
  return {
    v: 1,
    t: 'journal',
    m: { seq: 0, ts: Date.now() * 1000 },
    p: { ...head, proc: { ...head.proc }, copy: true },
  };
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}
