/** The decoders of both languages on mutated journals: they never throw, say the same, and however the bytes are split. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { crc32 } from 'node:zlib';
import { expect, it } from 'vitest';
import { ROOT } from '../../scripts/dependencies.mjs';
import { python } from '../../scripts/python.mjs';
import { encodeFrame, FrameDecoder } from '../../src/base/frames';
import { EnvelopeForms } from '../../src/collector/journal/envelopeForms';
import { newDice, type Dice } from '../faults/seeded';

const CASES = Number(process.env['XTRACK_FUZZ_CASES'] ?? 20_000);
const BATCH = 2000;
/** [first byte, behind the last (of what is bad, nobody knows at first), reason or '', an envelope's keys] */
type Item = [number, number, string, string];

const corpus = JSON.parse(readFileSync(join(__dirname, '../conformance/corpus.json'), 'utf8')) as { hex: string }[];
const seeds = corpus.map(({ hex }) => Buffer.from(hex, 'hex')).filter(({ length }) => length < 5000);

function decode(chunks: Iterable<Uint8Array>): Item[] {
  const decoder = new FrameDecoder();
  const items: Item[] = [];
  for (const chunk of chunks) {
    // The decoder keeps what it was given.
    decoder.push(Uint8Array.from(chunk));
    for (let item = decoder.next(); item; item = decoder.next())
      items.push([
        item.offset,
        item.kind === 'bad' ? 0 : item.end,
        item.kind === 'bad' ? item.reason : '',
        item.kind === 'bad' ? '' : name(item.envelope),
      ]);
  }
  return items;
}

/** Enough to tell events apart, in words that both languages say alike. */
function name(envelope: Record<string, unknown>): string {
  return Object.keys(envelope)
    .sort()
    .join(' ')
    .replace(/[^ -~]/g, '?');
}

function* splits(bytes: Uint8Array, dice: Dice): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + dice.below(dice.pick([1, 8, 200]));
    yield bytes.subarray(at, end);
    at = end;
  }
}

const MUTATIONS: ((bytes: Buffer, dice: Dice) => Buffer)[] = [
  (bytes, dice) => {
    bytes[dice.below(bytes.length)]! ^= 1 << dice.below(8);
    return bytes;
  },
  (bytes, dice) => bytes.subarray(0, dice.below(bytes.length) + 1),
  (bytes, dice) => {
    const [from, to] = [dice.below(bytes.length), dice.below(bytes.length)].sort((a, b) => a - b) as [number, number];
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  (bytes, dice) => {
    const from = dice.below(bytes.length);
    return bytes.fill(dice.pick([0, 0x7b, 0x22, 0xff]), from, Math.min(bytes.length, from + dice.below(40)));
  },
  (bytes, dice) => {
    const at = dice.below(bytes.length);
    const other = dice.pick(seeds);
    const from = dice.below(other.length);
    return Buffer.concat([bytes.subarray(0, at), other.subarray(from, from + dice.below(300)), bytes.subarray(at)]);
  },
  (bytes, dice) => {
    const at = dice.below(bytes.length);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(dice.pick([0, 1, 2, 16, 0xffffff, 0x1000000, dice.below(2 ** 25)]));
    return Buffer.concat([bytes.subarray(0, at), length, bytes.subarray(at)]);
  },
  (bytes, dice) => {
    const body = dice.pick([
      '{}',
      '{"a":NaN}',
      '{"a":1}}',
      '[1]',
      'null',
      '{"v":-Infinity}',
      '{"\ud800":1}',
      '{"a":1e999}',
      '{"a":01}',
    ]);
    const frame = Buffer.from(`\0\0\0\0${body}`);
    frame.writeUInt32BE(frame.length - 4);
    return Buffer.concat([
      bytes,
      frame,
      Buffer.from(encodeFrame({ v: 1, t: 'metric', m: { seq: dice.below(99) }, p: {} })),
    ]);
  },
];

function mutated(dice: Dice): Buffer {
  let bytes = Buffer.concat(Array.from({ length: 1 + dice.below(3) }, () => dice.pick(seeds)));
  for (let i = dice.below(5); i >= 0 && bytes.length > 0; i--) bytes = Buffer.from(dice.pick(MUTATIONS)(bytes, dice));
  return bytes;
}

const PYTHON = `
import json, re, sys
from xtrack.core.frames import FrameDecoder
for line in sys.stdin:
    decoder = FrameDecoder()
    decoder.push(bytes.fromhex(line))
    name = lambda e: re.sub("[^ -~]", "?", " ".join(sorted(e, key=lambda k: k.encode("utf-16-be", "surrogatepass"))))
    print(json.dumps([[o.offset, 0 if o.envelope is None else o.end, o.reason, "" if o.envelope is None else name(o.envelope)] for o in decoder.read()]))
`;

function decodeInPython(cases: Buffer[]): Item[][] {
  const output = execFileSync(python(), ['-c', PYTHON], {
    input: cases.map((bytes) => bytes.toString('hex')).join('\n') + '\n',
    maxBuffer: 2 ** 28,
    env: { ...process.env, PYTHONPATH: join(ROOT, 'src/python'), PYTHONDONTWRITEBYTECODE: '1' },
  });
  return output
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Item[]);
}

it(`both decoders agree on ${CASES} mutated journals, whole and in pieces`, () => {
  const dice = newDice('decoder');
  for (let done = 0; done < CASES; done += BATCH) {
    const cases = Array.from({ length: Math.min(BATCH, CASES - done) }, () => mutated(dice));
    const inPython = decodeInPython(cases);
    for (const [i, bytes] of cases.entries()) {
      const whole = decode([bytes]);
      const difference = { hex: bytes.toString('hex'), pieces: decode(splits(bytes, dice)), python: inPython[i] };
      expect(difference).toEqual({ hex: difference.hex, pieces: whole, python: whole });
    }
  }
});

it('the corpus decodes the same at every split in two and byte by byte', () => {
  for (const bytes of seeds) {
    const whole = decode([bytes]);
    for (let at = 1; at < bytes.length; at++)
      expect([at, decode([bytes.subarray(0, at), bytes.subarray(at)])]).toEqual([at, whole]);
    expect(decode(Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)))).toEqual(whole);
  }
});

/** What a training loop logs, a text without its closing brace. */
function logged(i: number, dice: Dice): string {
  const m = `"m":{"seq":${i},"ts":${1.7e15 + i},"wid":"worker-0","at":"train.py:${i % 3}"}`;
  const value = dice.pick([String(Math.sin(i)), String(i), `${i}e-7`, '0.1']);
  return i % 3 === 0
    ? `{"v":1,"t":"metric_batch",${m},"p":{"run_id":"r","metrics":{"a":${value},"b":-0.5},"step":${i}}`
    : `{"v":1,"t":"metric",${m},"p":{"run_id":"r","key":"größe \\"${i % 3}","value":${value},"step":${i}}`;
}

const PIECES = [
  '"',
  '\\',
  ',',
  ':',
  '{',
  '}',
  '[',
  ']',
  '0',
  '-',
  '.',
  'e',
  '9',
  ' ',
  'NaN',
  'null',
  ',"value":1',
  ',"k":"',
];

function mistyped(text: string, dice: Dice): string {
  for (let i = dice.below(3); i >= 0; i--) {
    const at = dice.below(text.length);
    text = text.slice(0, at) + dice.pick(PIECES) + text.slice(at + dice.below(3));
  }
  return text;
}

/** With the length and the checksum of what it says. */
function sealedFrame(text: string): Buffer {
  const body = Buffer.from(text);
  const check = Buffer.from(`,"k":"${crc32(body).toString(16).padStart(8, '0')}"}`);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length + check.length);
  return Buffer.concat([length, body, check]);
}

it("metrics read by their form equal the parser's result, or are refused by both", () => {
  const dice = newDice('forms');
  let read = 0;
  for (let journal = 0; journal < CASES / 200; journal++) {
    const texts = Array.from({ length: 300 }, (_, i) => logged(i, dice));
    const frames = texts.map((text, i) => sealedFrame(i > 100 && dice.below(3) === 0 ? mistyped(text, dice) : text));
    const forms = new EnvelopeForms();
    const [fast, slow] = [new FrameDecoder(0, false, forms.parse), new FrameDecoder()];
    for (const decoder of [fast, slow]) decoder.push(Buffer.concat(frames));
    for (;;) {
      const [one, other] = [fast.next(), slow.next()].map((item) => {
        if (item?.kind === 'frame') delete item.envelope['k'];
        return item;
      });
      // Texts are made for a difference alone: there are many of them.
      if (!isDeepStrictEqual(one, other)) expect(one).toEqual(other);
      if (!one) break;
      read++;
    }
    expect(forms.parsed).toBeLessThan(270);
  }
  expect(read).toBeGreaterThan(CASES);
});
