/** What one language writes, the other reads: beyond the corpus, on envelopes made up here. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../../scripts/dependencies.mjs';
import { python } from '../../scripts/python.mjs';
import { encodeFrame, FrameDecoder } from '../../src/base/frames';

const ENVELOPES = [
  { t: 'metric', p: { run_id: 'r', key: 'loss', value: 0.1, step: 1 } },
  { t: 'metric', p: { run_id: 'r', key: 'Verlust/größer 🎉', value: 1e-300, step: 9007199254740991 } },
  { t: 'metric', p: { run_id: 'r', key: 'nan', value: 'NaN', step: null } },
  {
    t: 'log',
    p: {
      run_id: 'r',
      level: 'info',
      msg: 'a "quoted" \\ line\n\u0000\u001f\u2028 end',
      fields: { deep: [[[]], {}, null, true] },
    },
  },
  { t: 'param', p: { run_id: 'r', key: 'k', value: 'x'.repeat(300_000) } },
].map((event, index) => ({ v: 1, ...event, m: { seq: index + 1, ts: 1795213501000000 + index, wid: 'worker-0' } }));

function runPython(code: string, input: Uint8Array | string): Buffer {
  return execFileSync(python(), ['-c', code], {
    input,
    maxBuffer: 2 ** 26,
    env: { ...process.env, PYTHONPATH: join(ROOT, 'src/python'), PYTHONDONTWRITEBYTECODE: '1' },
  });
}

function plain(envelopes: Record<string, unknown>[]): unknown[] {
  return envelopes.map(({ k, ...rest }) => {
    expect(k).toMatch(/^[0-9a-f]{8}$/);
    return rest;
  });
}

test('TypeScript reads every frame that Python writes', () => {
  const code = `import json, sys
from xtrack.core.frames import encode_frame
for envelope in json.load(sys.stdin.buffer):
    sys.stdout.buffer.write(encode_frame(envelope))`;
  const decoder = new FrameDecoder();
  decoder.push(runPython(code, JSON.stringify(ENVELOPES)));
  const read: Record<string, unknown>[] = [];
  for (let frame = decoder.next(); frame; frame = decoder.next()) {
    expect(frame.kind).toBe('frame');
    if (frame.kind === 'frame') read.push(frame.envelope);
  }
  expect(plain(read)).toEqual(ENVELOPES);
});

test('Python reads every frame that TypeScript writes', () => {
  const code = `import json, sys
from xtrack.core.frames import FrameDecoder
decoder = FrameDecoder()
decoder.push(sys.stdin.buffer.read())
json.dump([one.envelope for one in decoder.read()], sys.stdout)`;
  const written = Buffer.concat(ENVELOPES.map((envelope) => encodeFrame(envelope)));
  expect(plain(JSON.parse(runPython(code, written).toString()))).toEqual(ENVELOPES);
});
