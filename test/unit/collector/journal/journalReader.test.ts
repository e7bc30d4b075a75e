import { appendFileSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeFrame, type BadFrame } from '../../../../src/base/frames';
import { JournalReader, type JournalPosition } from '../../../../src/collector/journal/journalReader';
import { JournalWriter } from '../../../../src/collector/journal/journalWriter';
import { headFor, tempDir } from './journalFixture';

class Heard {
  readonly writers: string[] = [];
  readonly seqs: number[] = [];
  readonly bad: BadFrame[] = [];
  readonly problems: string[] = [];

  head = ({ writer }: { writer: string }) => void this.writers.push(writer);
  event = (envelope: Record<string, unknown>) => void this.seqs.push((envelope['m'] as { seq: number }).seq);
  problem = (code: string) => void this.problems.push(code);
  badFrame = (frame: BadFrame) => void this.bad.push(frame);
}

function journal(writer = 'one', name = 'events-worker-0-1-one.xtj', dir = tempDir()) {
  const path = join(dir, name);
  const head = headFor('run-1', { writer });
  const heard = new Heard();
  const open = (position: JournalPosition | null = null) =>
    new JournalReader(path, name, 'run-1', position, {
      head: heard.head,
      event: heard.event,
      bad: heard.badFrame,
      problem: heard.problem,
    });
  return { dir, name, path, head, heard, open };
}

const event = (seq: number, more: object = {}) =>
  encodeFrame({ v: 1, t: 'metric', m: { seq, ts: 1 }, p: { run_id: 'run-1', key: 'a', value: seq, ...more } });
const headFrame = (p: object) => encodeFrame({ v: 1, t: 'journal', m: { seq: 0, ts: 1 }, p });

describe('JournalReader', () => {
  it('follows a file that grows, frame by frame and byte by byte', () => {
    const { path, head, heard, open } = journal();
    const bytes = Buffer.concat([headFrame(head), event(1), event(2), event(3)]);
    writeFileSync(path, '');
    const reader = open();
    for (let i = 0; i < bytes.length; i++) {
      appendFileSync(path, bytes.subarray(i, i + 1));
      expect(reader.read(Infinity)).toBe(true);
    }
    expect(heard).toMatchObject({ writers: ['one'], seqs: [1, 2, 3], bad: [], problems: [] });
    expect(reader.saved.offset).toBe(bytes.length);
  });

  it('reads the output of a JournalWriter, also after that was reopened', () => {
    const { dir, name, head, heard, open } = journal();
    const first = JournalWriter.openAppend(dir, name, head);
    expect([first.append('log', {}), first.append('log', {})]).toEqual([1, 2]);
    first.close();
    appendFileSync(join(dir, name), Buffer.from([0, 0, 1, 7, 0x7b]));
    const second = JournalWriter.openAppend(dir, name, headFor('run-1', { writer: 'other' }));
    expect(second.writer).toBe('one');
    expect(second.append('log', {})).toBe(3);
    second.close();
    expect(() => JournalWriter.create(dir, name, head)).toThrow('EEXIST');
    open().read(Infinity);
    expect(heard).toMatchObject({ writers: ['one'], seqs: [1, 2, 3] });
    expect(heard.bad).toHaveLength(1);
  });

  it('treats zeros at the end as bytes that have not arrived yet', () => {
    const { path, head, heard, open } = journal();
    const start = Buffer.concat([headFrame(head), event(1)]);
    const next = event(2);
    const reader = open();
    writeFileSync(path, Buffer.concat([start, next.subarray(0, 20), Buffer.alloc(next.length + 500)]));
    reader.checkStats(statSync(path));
    expect(reader.unread).toBeGreaterThan(0);
    reader.read(Infinity);
    expect(heard).toMatchObject({ seqs: [1], bad: [] });
    // Seen, though nothing could be made of it yet: no backlog.
    expect(reader.unread).toBe(0);
    writeFileSync(path, Buffer.concat([start, next, Buffer.alloc(480)]));
    reader.read(Infinity);
    expect(heard).toMatchObject({ seqs: [1, 2], bad: [], problems: [] });
    expect(reader.saved.offset).toBe(start.length + next.length);
  });

  it('skips damage, reports where it was, and counts it once', () => {
    const { path, head, heard, open } = journal();
    const start = Buffer.concat([headFrame(head), event(1)]);
    const reader = open();
    writeFileSync(path, Buffer.concat([start, Buffer.from('garbage')]));
    reader.read(Infinity);
    appendFileSync(path, 'more garbage');
    reader.read(Infinity);
    appendFileSync(path, event(2));
    open(reader.saved).read(Infinity);
    expect(heard.seqs).toEqual([1, 2]);
    expect(heard.bad.map(({ offset }) => offset)).toEqual([start.length]);
  });

  it('stops at the deadline and continues from there', () => {
    const { path, head, heard, open } = journal();
    writeFileSync(path, Buffer.concat([headFrame(head), ...Array.from({ length: 5000 }, (_, i) => event(i + 1))]));
    const reader = open();
    expect(reader.read(performance.now() - 1)).toBe(false);
    const before = heard.seqs.length;
    expect(before).toBeLessThan(100);
    expect(reader.behind).toBeGreaterThan(0);
    expect(reader.read(Infinity)).toBe(true);
    expect(heard.seqs).toEqual(Array.from({ length: 5000 }, (_, i) => i + 1));
    expect(reader.behind).toBe(0);
  });

  it('reads frames that are larger than its buffer', () => {
    const { path, head, heard, open } = journal();
    writeFileSync(
      path,
      Buffer.concat([headFrame(head), event(1), event(2, { text: 'x'.repeat(3_000_000) }), event(3)]),
    );
    open().read(Infinity);
    expect(heard.seqs).toEqual([1, 2, 3]);
  });

  it('starts over when the file was truncated or replaced', () => {
    const { path, head, heard, open } = journal();
    writeFileSync(path, Buffer.concat([headFrame(head), event(1), event(2)]));
    const reader = open();
    reader.read(Infinity);
    truncateSync(path, statSync(path).size - 10);
    reader.read(Infinity);
    expect(heard).toMatchObject({ seqs: [1, 2, 1], problems: ['shrunk'] });
    writeFileSync(
      `${path}.new`,
      Buffer.concat([headFrame({ ...head, writer: 'two' }), ...[7, 8, 9].map((seq) => event(seq))]),
    );
    renameSync(`${path}.new`, path);
    reader.read(Infinity);
    expect(heard).toMatchObject({ writers: ['one', 'one', 'two'], seqs: [1, 2, 1, 7, 8, 9] });
    expect(heard.problems).toEqual(['shrunk', 'replaced']);
  });

  it('continues in a file that was copied over itself', () => {
    const { path, head, heard, open } = journal();
    writeFileSync(path, Buffer.concat([headFrame(head), event(1)]));
    const reader = open();
    reader.read(Infinity);
    writeFileSync(`${path}.copy`, Buffer.concat([readFileSync(path), event(2)]));
    renameSync(`${path}.copy`, path);
    reader.read(Infinity);
    expect(heard).toMatchObject({ writers: ['one'], seqs: [1, 2], problems: [] });
  });

  it('identifies a journal with a damaged head by its file name', () => {
    const { path, head, heard, open } = journal('one', 'events-sup-a-b-3-abc.xtj');
    const damaged = Buffer.from(headFrame(head));
    damaged[30] = damaged[30]! ^ 1;
    writeFileSync(path, Buffer.concat([damaged, event(1)]));
    const reader = open();
    reader.read(Infinity);
    expect(heard).toMatchObject({ writers: ['abc'], seqs: [1], problems: ['no_head'] });
    expect(reader.head).toMatchObject({ worker: 'sup-a-b', attempt: 3, role: 'supervisor' });
  });

  it('ignores journals of other runs and of newer formats', () => {
    for (const change of [{ run_id: 'run-2' }, { format: 2 }]) {
      const { path, head, heard, open } = journal();
      writeFileSync(path, Buffer.concat([headFrame({ ...head, ...change }), event(1)]));
      const reader = open();
      expect(reader.read(Infinity)).toBe(true);
      expect(heard).toMatchObject({ writers: [], seqs: [], problems: ['foreign_journal'] });
      expect(reader.behind).toBe(0);
    }
  });
});
