import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { encodeFrame, parseJson } from '../../../../src/base/frames';
import { EnvelopeForms, MISSES } from '../../../../src/collector/journal/envelopeForms';
import { readNumber, scanned } from '../../../../src/collector/journal/scannedNumber';

/** The same numbers each time. */
function random(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

describe('readNumber', () => {
  const read = (text: string) => {
    const bytes = Buffer.from(`${text},`);
    return readNumber(bytes, 0, bytes.length) === text.length ? scanned.value : undefined;
  };

  it('returns exactly the double that JSON.parse returns', () => {
    const next = random(7);
    const bits = new DataView(new ArrayBuffer(8));
    for (let i = 0; i < 50_000; i++) {
      bits.setUint32(0, next() * 2 ** 32);
      bits.setUint32(4, next() * 2 ** 32);
      const any = bits.getFloat64(0);
      const texts = [String(next()), String(Math.floor(next() * 10 ** (i % 20))), (next() * 100).toFixed(i % 20)];
      if (Number.isFinite(any)) texts.push(String(any), any.toExponential(i % 20));
      for (const text of texts) if (!Object.is(read(text), JSON.parse(text))) expect([text, read(text)]).toBe(text);
    }
  });

  it.each([
    '0',
    '-0',
    '0.0',
    '-0.0',
    '1e5',
    '1E+5',
    '1.5e-7',
    '9007199254740993',
    '0.1000000000000000055',
    '1e400',
    '5e-324',
    `0.${'0'.repeat(12_344)}1e123456`,
    `0.${'0'.repeat(12_344)}1e12345`,
    `1${'0'.repeat(300)}e-99999`,
    `1e${'9'.repeat(400)}`,
    `1e-${'9'.repeat(400)}`,
  ])('%.30s', (text) => expect(read(text)).toBe(JSON.parse(text)));

  it.each(['', '-', '01', '-01', '1.', '.5', '1e', '1e+', '+1', '1.e5', 'NaN', '0x10'])('no number: %j', (text) =>
    expect(read(text)).toBeUndefined(),
  );
});

describe('EnvelopeForms', () => {
  /** Forms leave out the check. */
  function expectSame(found: unknown, text: string): void {
    const parsed = parseJson(text) as Record<string, unknown> | undefined;
    if (parsed !== undefined && typeof found === 'object' && !('k' in found!)) delete parsed['k'];
    if (!isDeepStrictEqual(found, parsed)) expect(found).toEqual(parsed);
  }

  /** What the forms make of the envelopes, each beside what a parser makes of it. */
  function compare(texts: string[]): void {
    const forms = new EnvelopeForms();
    for (const text of texts) {
      const bytes = Buffer.from(`xx${text}yy`);
      expectSame(forms.parse(bytes, 2, bytes.length - 2), text);
    }
  }
  const sealed = (open: string, i = 0) => `${open},"k":"${i.toString(16).padStart(8, '0')}"}`;
  const metric = (i: number, value: string, key = 'train/loss', at = 'train.py:41') =>
    sealed(
      `{"v":1,"t":"metric","m":{"seq":${i},"ts":${1_700_000_000_000_000 + i},"wid":"w","at":"${at}"},"p":{"key":"${key}","value":${value},"step":${i}}`,
      i,
    );
  const many = (make: (i: number) => string, count = 120) => Array.from({ length: count }, (_, i) => make(i));

  it('reads the metrics of a loop with several keys and lines, including values that are not numbers', () => {
    compare(many((i) => metric(i, String(Math.sin(i)))));
    compare(
      many((i) =>
        metric(i, String(i / 3), ['loss', 'größe 🙂', 'a"b\\\\'][i % 3]!.replaceAll('"', '\\"'), `t.py:${i % 4}`),
      ),
    );
    compare(many((i) => metric(i, i % 5 ? String(i) : i % 2 ? '"NaN"' : 'NaN')));
    compare(
      many((i) =>
        sealed(
          `{"v":1,"t":"metric_batch","m":{"seq":${i},"ts":5},"p":{"metrics":{"2":${i},"b":${-i / 7},"a":{"x":3}},"epoch":null}`,
        ),
      ),
    );
  });

  it('distinguishes events that are nearly the same', () => {
    const odd = ['01', '1.', '-', '"1"', 'null', 'true', '[1]', '{"a":1}', '1,"value":2', '1,"value":"x"', '1}', '1 '];
    for (const value of odd)
      compare([...many((i) => metric(i, String(i / 3))), ...many((i) => metric(i, i % 2 ? '1' : value), 20)]);
    compare(many((i) => metric(i, `${i},"value":${i + 1}`)));
    compare(many((i) => metric(i, `${i},"value":"${i}"`)));
    compare(many((i) => metric(i, `${i},"__proto__":${i}`)));
    compare(many((i) => metric(i, `${i},"xs":[${i},2]`)));
    compare(many((i) => metric(i, String(i)).replace('"k"', i % 2 ? '"j"' : '"k"')));
  });

  it('agrees with the parser whichever byte is changed', () => {
    const next = random(3);
    const texts = many((i) => metric(i, String(next() * 10 ** (i % 7))));
    const forms = new EnvelopeForms();
    for (const text of texts) forms.parse(Buffer.from(text), 0, text.length);
    for (const text of [...texts, ...texts, ...texts]) {
      const bytes = Buffer.from(text);
      const at = Math.floor(next() * bytes.length);
      bytes[at] = 32 + Math.floor(next() * 95);
      expectSame(forms.parse(bytes, 0, bytes.length), bytes.toString());
      expectSame(forms.parse(Buffer.from(text), 0, text.length), text);
    }
  });

  /** How many of the texts went through a parser, behind the first hundred. */
  function parsedOf(texts: string[]): number {
    const forms = new EnvelopeForms();
    let first = 0;
    for (const [i, text] of texts.entries()) {
      if (i === 100) first = forms.parsed;
      const bytes = Buffer.from(text);
      expectSame(forms.parse(bytes, 0, bytes.length), text);
    }
    return forms.parsed - first;
  }
  const batch = (i: number, keys: string[]) =>
    sealed(
      `{"v":1,"t":"metric_batch","m":{"seq":${i},"ts":5,"at":"log.py:7"},"p":{"metrics":{${keys.map((key) => `"${key}":${i / 7}`).join()}},"step":${i}}`,
    );

  it('learns the form of a call site again when it changes', () => {
    expect(parsedOf(many((i) => metric(i, i < 150 ? '"NaN"' : String(i / 3)), 5000))).toBeLessThan(2 * MISSES);
    expect(parsedOf(many((i) => metric(i, i < 150 ? '[1]' : String(i / 3)), 5000))).toBeLessThan(100);
    expect(parsedOf(many((i) => metric(i, i < 150 ? `${i},"epoch":null` : String(i)), 5000))).toBeLessThan(2 * MISSES);
  });

  it('reads batches of several kinds from one line without a parser', () => {
    const kinds = [['loss', 'lr'], ['val/loss'], ['loss', 'lr', 'grad']];
    expect(parsedOf(many((i) => batch(i, kinds[i % 3]!), 5000))).toBe(0);
    // A validation every hundred steps costs itself, and the step after it.
    expect(parsedOf(many((i) => batch(i, kinds[i % 100 === 0 ? 1 : 0]!), 5000))).toBeLessThan(150);
  });

  it('returns a new object for each event that is not a metric', () => {
    const forms = new EnvelopeForms();
    const frame = Buffer.from(
      encodeFrame({ v: 1, t: 'param', m: { seq: 1, ts: 2 }, p: { key: 'a', value: 1 } }),
    ).subarray(4);
    const found = many(() => '').map(() => forms.parse(frame, 0, frame.length));
    expect(new Set(found).size).toBe(found.length);
  });
});
