/** Appends to the collector's own journals: launches and ends, users' edits, commands, imported events. */
import { closeSync, constants, fdatasyncSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { encodeFrame, FrameDecoder } from '../../base/frames';
import { readRegularFile } from '../files/safeFile';
import type { Envelope, JournalHead, Json } from '../../protocol/events';

/** Limit of a journal that is continued; people and collectors write far less. */
const MAX_BYTES = 1 << 28;
const APPEND = constants.O_WRONLY | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0);

export interface NewEvent {
  t: string;
  p: Json;
  /** When it happened, in µs since the epoch; by default the time when it is appended. */
  ts?: number;
  /** "file:line" of the logging call. */
  at?: string;
}

export class JournalWriter {
  private constructor(
    private readonly fd: number,
    /** Base name. */
    readonly file: string,
    readonly writer: string,
    private lastSeq: number,
  ) {}

  /** Throws if the file exists or cannot be made. */
  static create(runDir: string, fileName: string, head: JournalHead): JournalWriter {
    mkdirSync(runDir, { recursive: true, mode: 0o700 });
    const fd = openSync(join(runDir, fileName), APPEND | constants.O_CREAT | constants.O_EXCL, 0o600);
    const journal = new JournalWriter(fd, fileName, head.writer, -1);
    try {
      journal.append('journal', head as unknown as Json);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    return journal;
  }

  /** Continues the file of an earlier process, or makes it. */
  static openAppend(runDir: string, fileName: string, head: JournalHead): JournalWriter {
    try {
      return JournalWriter.create(runDir, fileName, head);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const { seq, writer } = lastOf(join(runDir, fileName));
    return JournalWriter.continueAt(runDir, fileName, { ...head, writer: writer ?? head.writer }, seq);
  }

  /** Continues an existing journal after event `seq`, whatever else it has. A negative `seq` writes its head again. */
  static continueAt(runDir: string, fileName: string, head: JournalHead, seq: number): JournalWriter {
    const fd = openSync(join(runDir, fileName), APPEND);
    const journal = new JournalWriter(fd, fileName, head.writer, seq);
    if (seq < 0) journal.append('journal', head as unknown as Json);
    return journal;
  }

  /**
   * Appends one event in one write. It is handed to the system when this returns; throws if it could not be written. The
   * event's time is later than `after` (µs), whatever the clock says.
   */
  append(t: string, p: Json, after = 0): number {
    return this.appendAll([{ t, p, ts: Math.max(Date.now() * 1000, after + 1) }]);
  }

  /**
   * Appends all events in one write and returns the number of the last one. Throws if they could not be written; the next
   * events then get the same numbers, so only the same events may be appended again.
   */
  appendAll(events: readonly NewEvent[]): number {
    const now = Date.now() * 1000;
    const frames = events.map(({ t, p, ts = now, at }, i) => {
      const m = { seq: this.lastSeq + 1 + i, ts, ...(at === undefined ? {} : { at }) };
      return encodeFrame({ v: 1, t, m, p } satisfies Envelope);
    });
    const bytes = Buffer.concat(frames);
    const written = writeSync(this.fd, bytes);
    // Half a frame stays in the file; readers skip it.
    if (written < bytes.length)
      throw Object.assign(new Error(`only ${written} of ${bytes.length} bytes fitted into ${this.file}`), {
        code: 'ENOSPC',
      });
    this.lastSeq += events.length;
    return this.lastSeq;
  }

  /** When this returns, everything appended so far survives a power failure. */
  sync(): void {
    fdatasyncSync(this.fd);
  }

  close(): void {
    closeSync(this.fd);
  }
}

function lastOf(path: string): { seq: number; writer: string | null } {
  const decoder = new FrameDecoder();
  decoder.push(readRegularFile(path, MAX_BYTES));
  const found = { seq: -1, writer: null as string | null };
  for (let item = decoder.next(); item; item = decoder.next()) {
    if (item.kind === 'bad') continue;
    const envelope = item.envelope as unknown as Envelope;
    if (typeof envelope.m?.seq === 'number' && envelope.m.seq > found.seq) found.seq = envelope.m.seq;
    const writer = envelope.t === 'journal' ? (envelope.p as { writer?: unknown } | null)?.writer : undefined;
    if (typeof writer === 'string') found.writer = writer;
  }
  return found;
}
