/**
 * Tails one journal file from an offset. It holds no bytes and no open file between two reads, so that an incomplete end (or
 * zeros, on network disks) is read again, and a replaced file is noticed.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { crc32 } from 'node:zlib';
import { FrameDecoder, MAX_FRAME, type BadFrame, type ParseBody } from '../../base/frames';
import type { JournalHead } from '../../protocol/events';
import { EnvelopeForms } from './envelopeForms';
import { headFromName, headOf } from './journalHead';

/** The position that is saved, so that a later process can continue there. */
export interface JournalPosition {
  offset: number;
  /** True behind a bad frame, when bytes up to the next frame still belong to it. */
  resyncing: boolean;
  head: JournalHead | null;
  /** Set once a part of the journal could not be read. */
  damaged?: true;
  /** The file was removed when the run was sealed. A later file of the same name is a new one that may repeat events. */
  sealed?: true;
}

export interface JournalEvents {
  head(head: JournalHead): void;
  /** The envelope of a metric is valid only until the next one. */
  event(envelope: Record<string, unknown>): void;
  bad(frame: BadFrame): void;
  problem(code: string, message: string): void;
}

/**
 * `zeros`: no data has arrived. `half`: an event is incomplete. `length`: an event is there, but its length is damaged.
 */
export interface Remainder {
  is: 'zeros' | 'half' | 'length';
  offset: number;
  bytes: number;
}

const HEADER = 4;
const CHECK = /,"k":"([0-9a-f]{8})"}$/;
const CHUNK = 1 << 18;
const FRAMES_BETWEEN_CLOCKS = 32;

// All readers share this buffer, because nothing in it is kept after a read.
let scratch = Buffer.allocUnsafeSlow(CHUNK);

export class JournalReader {
  private readonly position: JournalPosition;
  private readonly parse: ParseBody | undefined;
  /**
   * The inodes at the last read and at the last check. They differ because a complete journal may never be read again.
   */
  private ino: number | null = null;
  private checkedIno: number | null = null;
  private size = 0;
  private mtimeMs = 0;
  /** How far the file was read, including an end that is half a frame or zeros. */
  private reached = 0;
  private refused = false;
  private failed: string | null = null;

  constructor(
    readonly path: string,
    readonly name: string,
    private readonly runId: string,
    position: JournalPosition | null,
    private readonly events: JournalEvents,
    /** Parses every envelope as JSON, because a reader that checks another must not share its shortcuts. */
    isProof = false,
  ) {
    this.parse = isProof ? undefined : new EnvelopeForms().parse;
    const known = position?.sealed ? null : position;
    this.position = known ? { ...known } : { offset: 0, resyncing: false, head: null };
    if (known?.head) events.head(known.head);
  }

  get saved(): JournalPosition {
    return this.position;
  }

  get head(): JournalHead | null {
    return this.position.head;
  }

  /** Bytes on disk behind the last whole frame, as of the last check. */
  get behind(): number {
    return this.refused ? 0 : Math.max(0, this.size - this.position.offset);
  }

  /** Bytes on disk that were not read yet, as of the last check. */
  get unread(): number {
    return this.refused ? 0 : Math.max(0, this.size - Math.max(this.reached, this.position.offset));
  }

  /** Takes the file's size and times. Returns true if it grew or was touched since the last check. */
  checkStats(stats: Stats): boolean {
    const changed = stats.size !== this.size || stats.mtimeMs !== this.mtimeMs || stats.ino !== this.checkedIno;
    this.size = stats.size;
    this.mtimeMs = stats.mtimeMs;
    this.checkedIno = stats.ino;
    return changed;
  }

  get modifiedMs(): number {
    return this.mtimeMs;
  }

  /** Reads until the end of the file or the deadline (`performance.now()`). Returns true if it reached the end. */
  read(deadline: number): boolean {
    if (this.refused) return true;
    let fd: number;
    try {
      fd = openSync(this.path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    } catch (error) {
      return this.couldNotRead(error as NodeJS.ErrnoException);
    }
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile()) return true;
      this.size = stats.size;
      this.mtimeMs = stats.mtimeMs;
      this.checkIdentity(fd, stats);
      const done = this.readFrom(fd, deadline);
      this.reached = done ? stats.size : this.position.offset;
      this.failed = null;
      return done;
    } catch (error) {
      return this.couldNotRead(error as NodeJS.ErrnoException);
    } finally {
      closeSync(fd);
    }
  }

  /** Reports an error once while it lasts; the next read tries again. */
  private couldNotRead(error: NodeJS.ErrnoException): true {
    if (error.code === 'ENOENT' || this.failed === error.code) return true;
    this.failed = error.code ?? error.message;
    this.damage('unreadable', `A journal cannot be read: ${error.message}`);
    return true;
  }

  private damage(code: string, message: string): void {
    this.position.damaged = true;
    this.events.problem(code, message);
  }

  /** Writers only append, so another inode or a shorter file may be another journal, which is read from its start. */
  private checkIdentity(fd: number, stats: Stats): void {
    const isNew = this.ino !== stats.ino;
    this.ino = stats.ino;
    const { position } = this;
    if (position.offset === 0 || (!isNew && stats.size >= position.offset)) return;
    const head = this.readHead(fd);
    if (stats.size >= position.offset && head?.writer === position.head?.writer) return;
    if (head?.writer === position.head?.writer)
      this.events.problem('shrunk', 'A journal became shorter; it was read again from its start.');
    else this.damage('replaced', 'A journal was replaced by another one, which was read from its start.');
    this.position.offset = 0;
    this.position.resyncing = false;
    this.position.head = null;
  }

  /**
   * Describes the bytes behind the last whole frame. It is called once the journal was read completely and its writer
   * ended.
   */
  remainder(): Remainder | null {
    if (this.behind === 0 || this.unread > 0) return null;
    const bytes = Buffer.alloc(Math.min(this.behind, HEADER + MAX_FRAME));
    let fd: number | null = null;
    try {
      fd = openSync(this.path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
      const count = readSync(fd, bytes, 0, bytes.length, this.position.offset);
      const is = kindOf(bytes.subarray(0, count));
      if (is === 'length') this.position.damaged = true;
      return { is, offset: this.position.offset, bytes: this.behind };
    } catch {
      return null;
    } finally {
      if (fd !== null) closeSync(fd);
    }
  }

  private readHead(fd: number): JournalHead | null {
    const count = readSync(fd, scratch, 0, scratch.length, 0);
    const decoder = new FrameDecoder();
    decoder.push(scratch.subarray(0, count));
    const first = decoder.next();
    const head = first?.kind === 'frame' ? headOf(first.envelope, this.runId) : null;
    return head && !('problem' in head) ? head : headFromName(this.name, this.runId);
  }

  private readFrom(fd: number, deadline: number): boolean {
    const { position } = this;
    for (;;) {
      const count = readSync(fd, scratch, 0, scratch.length, position.offset);
      if (count === 0) return true;
      const before = position.offset;
      const stopped = this.decode(scratch.subarray(0, count), deadline);
      if (stopped || this.refused) return this.refused;
      if (count < scratch.length) return true;
      if (position.offset === before && scratch.length > 2 * MAX_FRAME) return true;
      // The frame is larger than the buffer, which grows. Bytes longer than any frame are zeros without end.
      if (position.offset === before) scratch = Buffer.allocUnsafeSlow(scratch.length * 2);
      else if (performance.now() >= deadline) return false;
    }
  }

  /** Returns true if the deadline came first. */
  private decode(bytes: Buffer, deadline: number): boolean {
    const { position, events } = this;
    const decoder = new FrameDecoder(position.offset, position.resyncing, this.parse);
    decoder.push(bytes);
    let frames = 0;
    try {
      for (let item = decoder.next(); item; item = decoder.next()) {
        if (item.kind === 'bad') {
          position.damaged = true;
          events.bad(item);
        } else if (position.head !== null) events.event(item.envelope);
        else if (!this.takeHead(item.envelope)) return false;
        if (++frames % FRAMES_BETWEEN_CLOCKS === 0 && performance.now() >= deadline) return true;
      }
      return false;
    } finally {
      position.offset = decoder.offset;
      position.resyncing = decoder.isResyncing;
    }
  }

  /** Takes the first valid frame. Returns false if this is not a journal of the run. */
  private takeHead(envelope: Record<string, unknown>): boolean {
    const found = headOf(envelope, this.runId);
    if (found && 'problem' in found) {
      this.refused = true;
      this.damage('foreign_journal', `A journal was ignored. ${found.problem}`);
      return false;
    }
    const head = found ?? headFromName(this.name, this.runId);
    if (!head) {
      this.refused = true;
      this.damage('foreign_journal', 'A journal was ignored: neither its head nor its name says who wrote it.');
      return false;
    }
    this.position.head = head;
    this.events.head(head);
    if (found) return true;
    this.damage('no_head', 'A journal’s head is damaged; its writer was taken from the file’s name.');
    this.events.event(envelope);
    return true;
  }
}

function kindOf(bytes: Buffer): Remainder['is'] {
  if (bytes.every((byte) => byte === 0)) return 'zeros';
  const check = CHECK.exec(bytes.toString('latin1', Math.max(HEADER, bytes.length - 16)));
  if (!check) return 'half';
  const body = bytes.subarray(HEADER, bytes.length - check[0].length);
  return crc32(body) === Number.parseInt(check[1]!, 16) ? 'length' : 'half';
}
