import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 as zlibCrc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../../src/base/crc32';
import { encodeFrame, FrameDecoder, MAX_FRAME } from '../../../src/base/frames';

interface Case {
  name: string;
  canonical: boolean;
  bad: number;
  pending: number;
  frames: object[];
  hex: string;
}

const corpus = JSON.parse(readFileSync(join(__dirname, '../../conformance/corpus.json'), 'utf8')) as Case[];

interface Found {
  frames: object[];
  bad: { reason: string; offset: number }[];
  offset: number;
}

function decode(chunks: Uint8Array[]): Found {
  const decoder = new FrameDecoder();
  const found: Found = { frames: [], bad: [], offset: 0 };
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let item = decoder.next(); item; item = decoder.next()) {
      if (item.kind === 'bad') {
        found.bad.push({ reason: item.reason, offset: item.offset });
        continue;
      }
      const { k: _, ...rest } = item.envelope;
      found.frames.push(rest);
    }
  }
  found.offset = decoder.offset;
  return found;
}

describe('frames of the corpus', () => {
  for (const { name, canonical, bad, pending, frames, hex } of corpus) {
    const bytes = Buffer.from(hex, 'hex');

    it(`reads: ${name}`, () => {
      const found = decode([bytes]);
      expect(found.frames).toEqual(frames);
      expect(found.bad.length).toBe(bad);
      expect(found.offset).toBe(bytes.length - pending);
    });

    it(`reads the same at every split: ${name}`, () => {
      const whole = decode([bytes]);
      const step = Math.max(1, Math.floor(bytes.length / 600));
      for (let at = 0; at <= bytes.length; at += step)
        expect(decode([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
      const single = decode(Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)));
      expect(single).toEqual(whole);
    });

    if (canonical)
      it(`writes: ${name}`, () => {
        expect(Buffer.concat(frames.map(encodeFrame)).toString('hex')).toBe(hex);
      });
  }
});

describe('encodeFrame', () => {
  it('writes NaN and infinities as words', () => {
    const [frame] = decode([encodeFrame({ v: 1, p: { a: NaN, b: [Infinity, -Infinity], c: 1 } })]).frames;
    expect(frame).toEqual({ v: 1, p: { a: 'NaN', b: ['Infinity', '-Infinity'], c: 1 } });
  });

  it('refuses frames that no reader would accept', () => {
    expect(() => encodeFrame({ p: 'x'.repeat(MAX_FRAME) })).toThrow(RangeError);
  });
});

describe('FrameDecoder', () => {
  it('finds the sound frames among random garbage', () => {
    let seed = 7;
    const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
    for (let round = 0; round < 200; round++) {
      const parts: Uint8Array[] = [];
      const sound: object[] = [];
      for (let i = 0; i < 20; i++) {
        // Garbage that cannot pass for the start of a frame, which would cost the frame behind it as well.
        if (random() < 0.3) parts.push(Uint8Array.from({ length: 1 + random() * 30 }, () => 1 + random() * 120));
        const frame = { v: 1, t: 'metric', m: { seq: i, ts: 1 }, p: { value: random() } };
        parts.push(encodeFrame(frame));
        sound.push(frame);
      }
      expect(decode([Buffer.concat(parts)]).frames).toEqual(sound);
    }
  });

  it('continues after bad bytes in which an earlier reader stopped', () => {
    const frame = encodeFrame({ v: 1, p: 1 });
    const decoder = new FrameDecoder(100, true);
    decoder.push(Buffer.concat([Buffer.from('rest of garbage'), frame]));
    expect(decoder.next()).toMatchObject({ kind: 'frame', offset: 115, end: 115 + frame.length });
  });

  it('keeps keys such as __proto__', () => {
    const text = '{"v":1,"p":{"__proto__":1,"constructor":2}}';
    const frame = Buffer.concat([Buffer.from([0, 0, 0, text.length]), Buffer.from(text)]);
    const [envelope] = decode([frame]).frames as { p: object }[];
    expect(Object.entries(envelope!.p)).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
  });
});

describe('crc32', () => {
  it("equals zlib's checksum at every length and offset", () => {
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => (i * 73 + 11) & 0xff);
    for (let from = 0; from < 9; from++)
      for (let to = from; to <= bytes.length; to++)
        expect(crc32(bytes, from, to)).toBe(zlibCrc32(bytes.subarray(from, to)));
  });
});
