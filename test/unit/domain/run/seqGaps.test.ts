import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StreamJournal } from '../../../../src/collector/ingest/streamJournal';
import { JournalReader } from '../../../../src/collector/journal/journalReader';
import { MAX_GAPS } from '../../../../src/domain/run/seqGaps';
import { headFor, tempDir } from '../../collector/journal/journalFixture';
import { read, script } from './runFixture';

const metric = (seq: number) => ({
  v: 1 as const,
  t: 'metric',
  m: { seq, ts: 1_795_000_000_000_000 + seq },
  p: { key: 'loss', value: seq, step: seq },
});

/** Every second number, then what is missing, from the end, then all of it once more. */
function mixedUp(count: number): number[] {
  const first = Array.from({ length: count }, (_, i) => 2 * i + 2);
  const late = first.map((seq) => seq - 1).reverse();
  return [...first, ...late, ...first, ...late];
}

describe('late events', () => {
  it('are accepted once each, over ten thousand gaps', () => {
    const journal = script();
    for (const seq of mixedUp(10_000)) journal.raw('metric', metric(seq).p, metric(seq).m);
    const { sink, state } = read(journal);
    expect(sink.points.map(({ value }) => value).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 20_000 }, (_, i) => i + 1),
    );
    expect(Object.values(state.writers)[0]).toMatchObject({ gaps: [], duplicates: 20_000 });
    expect(state.warnings.map(({ code }) => code)).toEqual(['gap']);
  });

  it('are counted in a warning if more gaps are open than can be kept', () => {
    const journal = script();
    for (let i = 1; i <= MAX_GAPS + 10; i++) journal.raw('metric', metric(2 * i).p, metric(2 * i).m);
    // The last of them that is known, and three that are not.
    for (const i of [MAX_GAPS, MAX_GAPS + 1, MAX_GAPS + 5, MAX_GAPS + 10])
      journal.raw('metric', metric(2 * i - 1).p, metric(2 * i - 1).m);
    const { sink, state } = read(journal);
    expect(sink.points).toHaveLength(MAX_GAPS + 11);
    expect(state.warnings.find(({ code }) => code === 'not_taken')).toMatchObject({
      count: 3,
      message: expect.stringContaining(`Event ${2 * MAX_GAPS + 1} of worker-0`),
    });
  });

  it('are written to the collector’s copy of a stream once each, even if it is reopened in between', () => {
    const dir = tempDir();
    const head = headFor('run-1');
    const seqs = mixedUp(3000);
    const half = Math.floor(seqs.length / 3);
    for (const part of [seqs.slice(0, half), seqs.slice(half)]) {
      const journal = StreamJournal.open(dir, head, () => undefined).retain();
      for (let at = 0; at < part.length; at += 100) journal.append(part.slice(at, at + 100).map(metric));
      journal.release();
    }
    const found: number[] = [];
    const name = `events-${head.worker}-${head.attempt}-${head.writer}.xtj`;
    const events = {
      head: () => undefined,
      event: (envelope: Record<string, unknown>) => found.push((envelope['m'] as { seq: number }).seq),
      bad: () => expect.unreachable(),
      problem: () => expect.unreachable(),
    };
    new JournalReader(join(dir, name), name, 'run-1', null, events).read(Infinity);
    expect(found.sort((a, b) => a - b)).toEqual(Array.from({ length: 6000 }, (_, i) => i + 1));
  });
});
