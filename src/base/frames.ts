/**
 * Frames of journals and sockets: a uint32 BE length and a JSON object. Our writers end the body with `,"k":"<crc32>"}`,
 * the CRC over all body bytes before that comma; frames without it are accepted.
 *
 * A bad frame costs that frame alone. A length's first byte is always 0x00 and JSON holds no raw 0x00, so the next frame
 * starts at the next `00 xx xx xx '{'`, also where a frame was torn and the next one was written over its end.
 */
import { isRecord } from './unknown';
import { crc32 } from './crc32';

export const MAX_FRAME = 2 ** 24 - 1;
const HEADER = 4;
/** `,"k":"` + 8 digits + `"}` */
const CHECK = 16;
const BRACE = 0x7b;

export interface DecodedFrame {
  kind: 'frame';
  envelope: Record<string, unknown>;
  offset: number;
  end: number;
}

export interface BadFrame {
  kind: 'bad';
  reason: 'length' | 'torn' | 'crc' | 'json';
  offset: number;
  /** How far the damage was known to reach; anything up to the next frame belongs to the same bad frame. */
  end: number;
}

/** The value in bytes [from, to), undefined where they are not JSON. The collector passes faster parsers. */
export type ParseBody = (bytes: Uint8Array, from: number, to: number) => unknown;

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const parseUtf8: ParseBody = (bytes, from, to) => parseJson(utf8.decode(bytes.subarray(from, to)));
const encoder = new TextEncoder();

/** JSON has no NaN or infinities, so they travel as words. */
function words(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

export function encodeFrame(envelope: object): Uint8Array {
  const { k: _, ...rest } = envelope as Record<string, unknown>;
  const body = encoder.encode(JSON.stringify(rest, words));
  const size = body.length - 1 + CHECK;
  if (size > MAX_FRAME) throw new RangeError(`a frame of ${size} bytes is over the limit of ${MAX_FRAME}`);
  const frame = new Uint8Array(HEADER + size);
  new DataView(frame.buffer).setUint32(0, size);
  frame.set(body, HEADER);
  const check = crc32(body, 0, body.length - 1)
    .toString(16)
    .padStart(8, '0');
  encoder.encodeInto(`,"k":"${check}"}`, frame.subarray(HEADER + body.length - 1));
  return frame;
}

/** Yields the same frames and bad frames however the bytes are split. */
export class FrameDecoder {
  private buffer: Uint8Array = new Uint8Array(0);
  private start = 0;
  private end = 0;
  /** Offset in the file of buffer[start]. */
  private position: number;
  /** How much of an incomplete body has been searched for a zero byte. */
  private searched = 0;

  constructor(
    startOffset = 0,
    /** True after a bad frame: bytes up to the next frame belong to it. */
    private resyncing = false,
    private readonly parseBody: ParseBody = parseUtf8,
  ) {
    this.position = startOffset;
  }

  /** Where the first frame that has not been yielded starts. */
  get offset(): number {
    return this.position;
  }

  get isResyncing(): boolean {
    return this.resyncing;
  }

  /** Bytes held that are not part of a yielded frame. */
  get buffered(): number {
    return this.end - this.start;
  }

  push(bytes: Uint8Array): void {
    const held = this.end - this.start;
    if (held === 0) {
      this.buffer = bytes;
      this.start = 0;
      this.end = bytes.length;
      this.owned = false;
      return;
    }
    const need = held + bytes.length;
    if (!this.owned || this.end + bytes.length > this.buffer.length) {
      const target =
        this.owned && need * 2 <= this.buffer.length ? this.buffer : new Uint8Array(Math.max(need * 2, 4096));
      target.set(this.buffer.subarray(this.start, this.end));
      this.buffer = target;
      this.owned = true;
      this.start = 0;
      this.end = held;
    }
    this.buffer.set(bytes, this.end);
    this.end += bytes.length;
  }

  /** Whether the buffer is ours to write to, rather than a caller's chunk. */
  private owned = false;

  /** Null when more bytes are needed, also for a zero-filled tail: on network disks those bytes have not arrived yet. */
  next(): DecodedFrame | BadFrame | null {
    if (this.resyncing && !this.resync()) return null;
    const have = this.end - this.start;
    if (have < 1) return null;
    const { buffer, start } = this;
    if (buffer[start] !== 0) return this.bad('length');
    if (have < HEADER + 1) return null;
    const length = (buffer[start + 1]! << 16) | (buffer[start + 2]! << 8) | buffer[start + 3]!;
    const body = start + HEADER;
    if (length < 2 || buffer[body] !== BRACE)
      return this.zerosFrom(start + (length === 0 ? 0 : HEADER)) ? null : this.bad('length');
    if (have < HEADER + length) return this.isTorn(body) ? this.bad('torn') : null;
    const end = body + length;
    const checked = this.checkCrc(body, end);
    const envelope = checked ? this.parse(body, end) : null;
    if (envelope === null) {
      const zero = buffer.subarray(body, end).indexOf(0);
      if (zero < 0) return this.bad(checked ? 'json' : 'crc');
      return this.zerosFrom(body + zero) ? null : this.bad('torn');
    }
    const offset = this.position;
    this.skip(HEADER + length);
    return { kind: 'frame', envelope, offset, end: this.position };
  }

  private skip(count: number): void {
    this.start += count;
    this.position += count;
    this.searched = 0;
  }

  private bad(reason: BadFrame['reason']): BadFrame {
    const offset = this.position;
    this.skip(1);
    this.resyncing = true;
    this.resync();
    return { kind: 'bad', reason, offset, end: this.position };
  }

  /** Skips to the next possible frame; false when the bytes held contain none. */
  private resync(): boolean {
    const { buffer, end } = this;
    let at = this.start;
    for (;;) {
      at = buffer.indexOf(0, at);
      if (at < 0 || at >= end) {
        this.skip(end - this.start);
        return false;
      }
      if (at + HEADER >= end) break;
      const length = (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!;
      if (length >= 2 && buffer[at + HEADER] === BRACE) {
        this.skip(at - this.start);
        this.resyncing = false;
        return true;
      }
      at++;
    }
    this.skip(at - this.start);
    return false;
  }

  /** A zero byte in an incomplete body, with more bytes after it, means that the rest of the frame will never come. */
  private isTorn(body: number): boolean {
    const zero = this.buffer.subarray(body + this.searched, this.end).indexOf(0);
    if (zero < 0) {
      this.searched = this.end - body;
      return false;
    }
    return !this.zerosFrom(body + this.searched + zero);
  }

  private zerosFrom(at: number): boolean {
    const { buffer, end } = this;
    for (let i = at; i < end; i++) if (buffer[i] !== 0) return false;
    return true;
  }

  private checkCrc(from: number, to: number): boolean {
    const { buffer } = this;
    const at = to - CHECK;
    // ,"k":"
    if (at < from || buffer[at] !== 0x2c || buffer[at + 1] !== 0x22 || buffer[at + 2] !== 0x6b) return true;
    if (buffer[at + 3] !== 0x22 || buffer[at + 4] !== 0x3a || buffer[at + 5] !== 0x22 || buffer[to - 2] !== 0x22)
      return true;
    let claimed = 0;
    for (let i = at + 6; i < to - 2; i++) {
      const digit = hexDigit(buffer[i]!);
      if (digit < 0) return false;
      claimed = (claimed << 4) | digit;
    }
    return claimed >>> 0 === crc32(buffer, from, at);
  }

  private parse(from: number, to: number): Record<string, unknown> | null {
    const value = this.parseBody(this.buffer, from, to);
    return isRecord(value) ? value : null;
  }
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  if (code >= 65 && code <= 70) return code - 55;
  return -1;
}

const NON_FINITE = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g;

/** JSON, also with the bare NaN and Infinity that Python and others write (they become words); undefined when the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    if (!/NaN|Infinity/.test(text)) return undefined;
  }
  try {
    return JSON.parse(text.replace(NON_FINITE, (token) => (token.startsWith('"') ? token : `"${token}"`))) as unknown;
  } catch {
    return undefined;
  }
}
