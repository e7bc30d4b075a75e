// Unpacks web fonts from npm packages (WOFF 1) into fonts that can be installed.
import { inflateSync } from 'node:zlib';

const WOFF_HEADER = 44;
const WOFF_ENTRY = 20;
const SFNT_HEADER = 12;
const SFNT_ENTRY = 16;

/** Returns the TrueType or OpenType font inside a WOFF file. Throws if the file is not one. */
export function unpackWoff(woff) {
  if (woff.toString('latin1', 0, 4) !== 'wOFF') throw new Error('This is not a WOFF font.');
  const count = woff.readUInt16BE(12);
  const head = Buffer.alloc(SFNT_HEADER + count * SFNT_ENTRY);
  woff.copy(head, 0, 4, 8);
  const power = Math.floor(Math.log2(count));
  head.writeUInt16BE(count, 4);
  head.writeUInt16BE(16 << power, 6);
  head.writeUInt16BE(power, 8);
  head.writeUInt16BE(16 * count - (16 << power), 10);
  const parts = [head];
  let position = head.length;
  for (let i = 0; i < count; i++) {
    const entry = WOFF_HEADER + i * WOFF_ENTRY;
    const [offset, packed, size, checksum] = [4, 8, 12, 16].map((at) => woff.readUInt32BE(entry + at));
    const stored = woff.subarray(offset, offset + packed);
    const table = packed < size ? inflateSync(stored) : stored;
    const at = SFNT_HEADER + i * SFNT_ENTRY;
    woff.copy(head, at, entry, entry + 4);
    head.writeUInt32BE(checksum, at + 4);
    head.writeUInt32BE(position, at + 8);
    head.writeUInt32BE(size, at + 12);
    // Tables start at multiples of four bytes.
    const padded = Buffer.alloc(Math.ceil(size / 4) * 4);
    table.copy(padded);
    parts.push(padded);
    position += padded.length;
  }
  return Buffer.concat(parts);
}
