/** The two encodings of envelopes on a socket: frames, or one JSON object per line. */
import { encodeFrame, FrameDecoder, MAX_FRAME, parseJson } from '../../base/frames';
import { isRecord } from '../../base/unknown';

export type Item = { kind: 'envelope'; envelope: Record<string, unknown> } | { kind: 'bad'; reason: string };

export interface Dialect {
  /** Takes bytes and returns every envelope that they complete. */
  feed(bytes: Uint8Array): Item[];
  encode(envelope: object): Uint8Array;
  /** The number of bytes held that do not make a whole envelope yet. */
  readonly pending: number;
}

export class FrameDialect implements Dialect {
  private readonly decoder = new FrameDecoder();

  get pending(): number {
    return this.decoder.buffered;
  }

  feed(bytes: Uint8Array): Item[] {
    this.decoder.push(bytes);
    const items: Item[] = [];
    for (let item = this.decoder.next(); item; item = this.decoder.next())
      items.push(
        item.kind === 'frame'
          ? { kind: 'envelope', envelope: item.envelope }
          : { kind: 'bad', reason: `bad frame at byte ${item.offset} (${item.reason})` },
      );
    return items;
  }

  encode(envelope: object): Uint8Array {
    return encodeFrame(envelope);
  }
}

const NEWLINE = 0x0a;

export class LineDialect implements Dialect {
  private parts: Buffer[] = [];
  private size = 0;
  /** True if the line was too long and is dropped up to its end. */
  private skipping = false;

  get pending(): number {
    return this.size;
  }

  feed(bytes: Uint8Array): Item[] {
    const items: Item[] = [];
    let rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = rest.indexOf(NEWLINE); at >= 0; at = rest.indexOf(NEWLINE)) {
      this.hold(rest.subarray(0, at), items);
      this.finish(items);
      rest = rest.subarray(at + 1);
    }
    this.hold(rest, items);
    return items;
  }

  encode(envelope: object): Uint8Array {
    return Buffer.from(`${JSON.stringify(envelope)}\n`);
  }

  private hold(part: Buffer, items: Item[]): void {
    if (this.skipping || part.length === 0) return;
    if (this.size + part.length > MAX_FRAME) {
      this.parts = [];
      this.size = 0;
      this.skipping = true;
      items.push({ kind: 'bad', reason: `a line is longer than ${MAX_FRAME} bytes` });
      return;
    }
    // The rest is copied, because a view would keep the whole chunk in memory.
    this.parts.push(Buffer.from(part));
    this.size += part.length;
  }

  private finish(items: Item[]): void {
    const text = Buffer.concat(this.parts).toString('utf8').trim();
    this.parts = [];
    this.size = 0;
    if (this.skipping) this.skipping = false;
    else if (text !== '') items.push(parseLine(text));
  }
}

function parseLine(text: string): Item {
  const value = parseJson(text);
  return isRecord(value)
    ? { kind: 'envelope', envelope: value }
    : { kind: 'bad', reason: 'a line is not a JSON object' };
}
