/** The decoders of both languages on mutated journals: they never throw, say the same, and however the bytes are split. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../scripts/dependencies.mjs';
import { python } from '../../scripts/python.mjs';
import { encodeFrame, FrameDecoder } from '../../src/base/frames';
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
from xtrack.frames import FrameDecoder
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

it(`both decoders say the same of ${CASES} mutated journals, whole and in pieces`, () => {
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

it('every split of the corpus in two, and into single bytes, says the same', () => {
  for (const bytes of seeds) {
    const whole = decode([bytes]);
    for (let at = 1; at < bytes.length; at++)
      expect([at, decode([bytes.subarray(0, at), bytes.subarray(at)])]).toEqual([at, whole]);
    expect(decode(Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)))).toEqual(whole);
  }
});
