import { appendFileSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FrameDecoder } from '../../../../src/base/frames';
import { ImportJournal } from '../../../../src/collector/journal/importJournal';
import { JournalWriter } from '../../../../src/collector/journal/journalWriter';
import { headFor, tempDir } from './journalFixture';

const ORIGIN = { kind: 'tensorboard', path: '/logs/one', id: 'one' };
const HOUR = 3_600_000_000;
const IN_2020 = 1_577_880_000_000_000;

const metric = (step: number) => ({
  t: 'metric',
  p: { run_id: 'run-1', key: 'loss', value: 1 / step, step },
  ts: IN_2020 + step * HOUR,
});

function framesOf(path: string): { t: string; seq: number; ts: number }[] {
  const decoder = new FrameDecoder();
  decoder.push(readFileSync(path));
  const found = [];
  for (let item = decoder.next(); item; item = decoder.next()) {
    if (item.kind === 'bad') continue;
    const { t, m } = item.envelope as { t: string; m: { seq: number; ts: number } };
    found.push({ t, seq: m.seq, ts: m.ts });
  }
  return found;
}

function place() {
  const dir = join(tempDir(), 'runs', 'run-1');
  const head = headFor('run-1', { writer: 'imported' });
  return { dir, head, path: join(dir, 'events-worker-0-1-imported.xtj') };
}

it('an import keeps the times of its source and records where to continue', () => {
  const { dir, head, path } = place();
  const first = ImportJournal.open(dir, head);
  expect(first.position).toBeNull();
  first.append([metric(1), metric(2)], ORIGIN, { offset: 200 });
  first.close();
  const second = ImportJournal.open(dir, head);
  expect(second.position).toEqual({ offset: 200 });
  second.append([metric(3)], ORIGIN, { offset: 300 });
  expect(second.position).toEqual({ offset: 300 });
  second.close();
  expect(framesOf(path).slice(1)).toEqual([
    { t: 'metric', seq: 1, ts: IN_2020 + HOUR },
    { t: 'metric', seq: 2, ts: IN_2020 + 2 * HOUR },
    { t: 'import', seq: 3, ts: IN_2020 + 2 * HOUR },
    { t: 'metric', seq: 4, ts: IN_2020 + 3 * HOUR },
    { t: 'import', seq: 5, ts: IN_2020 + 3 * HOUR },
  ]);
});

it('a batch that was cut off by a crash is written again with the same sequence numbers', () => {
  const { dir, head, path } = place();
  const first = ImportJournal.open(dir, head);
  first.append([metric(1)], ORIGIN, 1);
  const whole = statSync(path).size;
  first.append([metric(2), metric(3)], ORIGIN, 3);
  first.close();
  const batch = statSync(path).size - whole;
  for (const kept of [batch - 1, batch >> 1, 1, 0]) {
    truncateSync(path, whole + kept);
    const next = ImportJournal.open(dir, head);
    expect([kept, next.position]).toEqual([kept, 1]);
    next.append([metric(2), metric(3)], ORIGIN, 3);
    next.close();
    expect(framesOf(path).slice(-3)).toEqual([
      { t: 'metric', seq: 3, ts: IN_2020 + 2 * HOUR },
      { t: 'metric', seq: 4, ts: IN_2020 + 3 * HOUR },
      { t: 'import', seq: 5, ts: IN_2020 + 3 * HOUR },
    ]);
  }
});

it('a journal that lost its head gets a new one', () => {
  const { dir, head, path } = place();
  JournalWriter.create(dir, 'events-worker-0-1-imported.xtj', head).close();
  truncateSync(path, 10);
  appendFileSync(path, 'garbage');
  const journal = ImportJournal.open(dir, head);
  journal.append([metric(1)], ORIGIN, 1);
  journal.close();
  expect(framesOf(path).map(({ t, seq }) => `${t} ${seq}`)).toEqual(['journal 0', 'metric 1', 'import 2']);
});

it('a batch without events has the time of what was read of the source before', () => {
  const { dir, head, path } = place();
  const first = ImportJournal.open(dir, head);
  first.append([metric(1)], ORIGIN, 1);
  first.append([], ORIGIN, 2);
  first.close();
  const second = ImportJournal.open(dir, head);
  second.append([], ORIGIN, 3);
  second.close();
  expect(framesOf(path).slice(2)).toEqual([2, 3, 4].map((seq) => ({ t: 'import', seq, ts: IN_2020 + HOUR })));
});

it('a file that is not the journal of this import is refused', () => {
  const name = 'events-worker-0-1-imported.xtj';
  const batch = { run_id: 'run-1', origin: ORIGIN, position: 1 };
  for (const other of [{ role: 'script' as const }, { role: 'import' as const, writer: 'other' }]) {
    const { dir, head } = place();
    JournalWriter.create(dir, name, { ...head, ...other }).close();
    expect(() => ImportJournal.open(dir, head)).toThrow('another writer');
  }
  const { dir, head, path } = place();
  const own = { ...head, role: 'import' as const };
  JournalWriter.create(dir, name, own).close();
  truncateSync(path, 0);
  const headless = JournalWriter.continueAt(dir, name, own, 0);
  headless.append('import', batch);
  headless.close();
  expect(() => ImportJournal.open(dir, head)).toThrow('before its head');
  for (const last of [0.5, 2 ** 53]) {
    truncateSync(path, 0);
    JournalWriter.continueAt(dir, name, own, -1).close();
    const numbered = JournalWriter.continueAt(dir, name, own, last);
    numbered.append('import', batch);
    numbered.close();
    expect(() => ImportJournal.open(dir, head)).toThrow('without a valid number');
  }
});
