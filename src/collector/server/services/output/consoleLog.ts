/** Reads one console log: parts of it by offset, and its end, even if most of it is one line that was rewritten many times. */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { collapseReturns } from '../../../../domain/carriageReturns';

const BLOCK = 1 << 20;
/** How far back the search for visible text goes. */
const MAX_TAIL = 64 << 20;
/** The most bytes of a hole, a part of the log that was discarded from disk, that one answer skips. */
const MAX_HOLE = 256 << 20;
/** Holes consist of whole blocks of the file system; shorter runs of zeros were written by the script. */
const HOLE = Buffer.alloc(4096);

interface Part {
  bytes: Buffer;
  /** Where the data begins: later than requested if there is a hole, earlier if the log is shorter. */
  offset: number;
  next: number;
}

export class ConsoleLog {
  private constructor(
    private readonly file: FileHandle,
    readonly size: number,
    private readonly hasHoles: boolean,
  ) {}

  static async open(path: string): Promise<ConsoleLog> {
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
    const file = await open(path, flags);
    const { size, blocks } = await file.stat();
    return new ConsoleLog(file, size, blocks * 512 + BLOCK < size);
  }

  close(): Promise<void> {
    return this.file.close();
  }

  /** Reading beyond the end returns no data, and `next` is the current end. */
  async from(offset: number, limit: number): Promise<Part> {
    if (offset >= this.size) return { bytes: Buffer.alloc(0), offset: this.size, next: this.size };
    let at = offset;
    for (;;) {
      // If it begins with a hole, the hole probably continues.
      const bytes = await this.read(at, Math.min(at === offset ? limit : BLOCK, this.size - at));
      const end = at + bytes.length;
      const begin = this.hasHoles ? zeros(bytes) : 0;
      if (begin < bytes.length) {
        const hole = this.hasHoles ? bytes.indexOf(HOLE, begin) : -1;
        const text = bytes.subarray(begin, Math.min(hole < 0 ? bytes.length : hole, begin + limit));
        return { bytes: text, offset: at + begin, next: at + begin + text.length };
      }
      if (bytes.length === 0 || end >= this.size || end - offset > MAX_HOLE)
        return { bytes: Buffer.alloc(0), offset: end, next: end };
      at = end;
    }
  }

  /** Returns up to about `limit` bytes of visible text from the end. */
  async tail(limit: number): Promise<Part> {
    let window = limit;
    for (;;) {
      const offset = Math.max(0, this.size - window);
      const bytes = await this.shown(offset);
      // Most of a longer read would be cut off again.
      if (offset === 0 || window >= MAX_TAIL || bytes.length * 2 > limit) {
        const begin = lineStart(bytes, Math.max(0, bytes.length - limit), offset > 0);
        return {
          bytes: bytes.subarray(begin),
          offset: offset === 0 && begin === 0 ? 0 : offset + begin,
          next: this.size,
        };
      }
      window = Math.min(window * 8, MAX_TAIL);
    }
  }

  private async shown(offset: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let at = offset; at < this.size;) {
      const part = await this.from(at, Math.min(BLOCK, this.size - at));
      parts.push(collapsed(part.bytes));
      if (part.next <= at) break;
      at = part.next;
    }
    return collapsed(Buffer.concat(parts));
  }

  private async read(offset: number, length: number): Promise<Buffer> {
    const buffer = Buffer.alloc(Math.max(0, length));
    const { bytesRead } = await this.file.read(buffer, 0, buffer.length, offset);
    return buffer.subarray(0, bytesRead);
  }
}

function zeros(bytes: Buffer): number {
  let at = 0;
  // Zeros are compared block by block, which skips a gigabyte of them in a moment.
  while (at + HOLE.length <= bytes.length && HOLE.equals(bytes.subarray(at, at + HOLE.length))) at += HOLE.length;
  while (at < bytes.length && bytes[at] === 0) at++;
  return at;
}

/** The visible bytes, decoded as one character per byte, so that none is broken. */
export function collapsed(bytes: Buffer): Buffer {
  return bytes.includes(13) ? Buffer.from(collapseReturns(bytes.toString('latin1')), 'latin1') : bytes;
}

/** Finds the start of the first whole line at or after `at`. */
function lineStart(bytes: Buffer, at: number, isCut: boolean): number {
  if (at === 0 && !isCut) return 0;
  const newline = bytes.indexOf(10, at);
  return newline < 0 || newline + 1 === bytes.length ? at : newline + 1;
}
