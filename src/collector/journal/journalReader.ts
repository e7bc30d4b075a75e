/**
 * Tails one journal file from an offset. It holds no bytes and no open file between two reads: what was incomplete (or
 * zero, on network disks) is read again, and a file that was replaced by another is noticed.
 */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { crc32 } from 'node:zlib';
import { FrameDecoder, MAX_FRAME, type BadFrame, type ParseBody } from '../../base/frames';
import type { JournalHead } from '../../protocol/events';
import { EnvelopeForms } from './envelopeForms';
import { headFromName, headOf } from './journalHead';

/** What is saved, so that a later process goes on there. */
export interface JournalPosition {
  offset: number;
  /** Behind a bad frame: bytes up to the next frame belong to it. */
  resyncing: boolean;
  head: JournalHead | null;
  /** Something of it could not be read, now or earlier. */
  damaged?: true;
  /** The file was removed when the run was sealed. One that has its name again is another, which may repeat what it had. */
  sealed?: true;
}

export interface JournalEvents {
  head(head: JournalHead): void;
  /** An envelope of a metric is good until the next one. */
  event(envelope: Record<string, unknown>): void;
  bad(frame: BadFrame): void;
  problem(code: string, message: string): void;
}

/** `zeros`: none of it has come. `half`: an event begins there. `length`: an event is there, and how long it is was damaged. */
export interface Remainder {
  is: 'zeros' | 'half' | 'length';
  offset: number;
  bytes: number;
}

const HEADER = 4;
const CHECK = /,"k":"([0-9a-f]{8})"}$/;
const CHUNK = 1 << 18;
const FRAMES_BETWEEN_CLOCKS = 32;

// One for all readers: nothing of it is kept after a read.
let scratch = Buffer.allocUnsafeSlow(CHUNK);

export class JournalReader {
  private readonly position: JournalPosition;
  private readonly parse: ParseBody | undefined;
  /** Of what was read, and of what was last looked at: a journal that was read to its end before may never be read. */
  private ino: number | null = null;
  private checkedIno: number | null = null;
  private size = 0;
  private mtimeMs = 0;
  /** How far the file was looked at, though its end may be half a frame or zeros. */
  private reached = 0;
  private refused = false;
  private failed: string | null = null;

  constructor(
    readonly path: string,
    readonly name: string,
    private readonly runId: string,
    position: JournalPosition | null,
    private readonly events: JournalEvents,
    /** Every envelope is parsed: what holds another reading against the journal must not share its short cuts. */
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

  /** Bytes on disk that were not read, as far as the last look told. */
  get behind(): number {
    return this.refused ? 0 : Math.max(0, this.size - this.position.offset);
  }

  /** Bytes on disk that were not looked at yet. */
  get unread(): number {
    return this.refused ? 0 : Math.max(0, this.size - Math.max(this.reached, this.position.offset));
  }

  /** Looks at the file's size and times. True when it grew or was touched since the last look. */
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

  /** Reads until the end of the file or the deadline (`performance.now()`). True when it got to the end. */
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

  /** Told once while it lasts; the next read tries again. */
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

  /** The writer is an append-only one: another inode or a shorter file may be another journal, and is read from its start. */
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

  /** What lies behind the last whole frame, asked where nothing more is to come: it was read to its end, and its writer is over. */
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
      // A frame larger than what was read: read more at once. What is longer than any frame is zeros without end.
      if (position.offset === before) scratch = Buffer.allocUnsafeSlow(scratch.length * 2);
      else if (performance.now() >= deadline) return false;
    }
  }

  /** True when the deadline came first. */
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
        else if (!this.begin(item.envelope)) return false;
        if (++frames % FRAMES_BETWEEN_CLOCKS === 0 && performance.now() >= deadline) return true;
      }
      return false;
    } finally {
      position.offset = decoder.offset;
      position.resyncing = decoder.isResyncing;
    }
  }

  /** The first sound frame. False when the journal is none of ours. */
  private begin(envelope: Record<string, unknown>): boolean {
    const found = headOf(envelope, this.runId);
    if (found && 'problem' in found) {
      this.refused = true;
      this.damage('foreign_journal', `A journal was left out. ${found.problem}`);
      return false;
    }
    const head = found ?? headFromName(this.name, this.runId);
    if (!head) {
      this.refused = true;
      this.damage('foreign_journal', 'A journal was left out: neither its head nor its name says who wrote it.');
      return false;
    }
    this.position.head = head;
    this.events.head(head);
    if (found) return true;
    this.damage('no_head', 'A journal’s head is damaged; who wrote it was taken from the file’s name.');
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
