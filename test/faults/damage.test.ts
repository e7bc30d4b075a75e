/**
 * A journal and a database, damaged at every byte of theirs in turn: cut off there, or with a bit flipped. Nobody
 * crashes, everything outside the damage is kept, and the damage is counted and said where.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SqlJsStatic } from 'sql.js';
import { JournalReader } from '../../src/collector/journal/journalReader';
import { LoadedRun } from '../../src/collector/projection/loadedRun';
import { Catalog } from '../../src/collector/store/catalog';
import type { RunRow } from '../../src/protocol/rows';
import { Process, tempDir } from '../unit/collector/journal/journalFixture';
import { testSql } from '../unit/collector/store/storeFixtures';
import { newDice } from './seeded';

interface Read {
  seqs: number[];
  /** Each event without its checksum. */
  events: string[];
  bad: { offset: number; end: number }[];
  problems: string[];
}

const RUN = 'run-1';
let sql: SqlJsStatic;
beforeAll(async () => {
  sql = await testSql();
});

function readAll(path: string, name: string): Read {
  const read: Read = { seqs: [], events: [], bad: [], problems: [] };
  const reader = new JournalReader(path, name, RUN, null, {
    head: () => undefined,
    event: ({ t, m, p }) => {
      // A hole may leave JSON behind that is no event.
      read.seqs.push((m as { seq: number } | undefined)?.seq ?? -1);
      read.events.push(JSON.stringify([t, m, p]));
    },
    bad: ({ offset, end }) => read.bad.push({ offset, end }),
    problem: (code) => read.problems.push(code),
  });
  reader.read(Infinity);
  return read;
}

/** A small journal of every kind of event, and where its frames begin. */
function smallJournal(): { dir: string; name: string; path: string; bytes: Buffer; starts: number[] } {
  const dir = tempDir();
  const process = new Process(dir, RUN);
  process.log('run_start', { name: 'a “name”', tags: { a: 'b' } }).log('param', { key: 'lr', value: 0.1 });
  for (let step = 0; step < 5; step++) process.metric('loss', step / 7, step);
  process.log('metric_batch', { metrics: { a: 1, b: 'NaN' }, step: 6 });
  process.log('log', { level: 'info', msg: 'zwölf Boxkämpfer {"k":"00000000"}' });
  process.log('checkpoint', { step: 5, path: 'a.pt', metrics: {}, is_best: true });
  process.log('run_end', { status: 'completed' });
  process.journal.close();
  const name = process.journal.file;
  const path = join(dir, 'runs', RUN, name);
  const bytes = readFileSync(path);
  const starts: number[] = [];
  for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt32BE(at)) starts.push(at);
  return { dir, name, path, bytes, starts };
}

describe('a damaged journal', () => {
  let name: string;
  let path: string;
  let bytes: Buffer;
  let starts: number[];
  let whole: number[];
  beforeEach(() => {
    ({ name, path, bytes, starts } = smallJournal());
    whole = starts.slice(1).map((_, i) => i + 1);
  });
  const frameAt = (at: number) => starts.findLastIndex((start) => start <= at);

  it('keeps all whole frames when it is torn at any byte, and reads frames appended after the tear', () => {
    const next = bytes.subarray(starts.at(-1));
    for (let at = 1; at < bytes.length; at++) {
      const before = starts.filter((_, i) => (starts[i + 1] ?? bytes.length) <= at).length;
      writeFileSync(path, bytes.subarray(0, at));
      const torn = readAll(path, name);
      expect([at, torn.seqs, torn.bad]).toEqual([at, whole.slice(0, Math.max(0, before - 1)), []]);
      // The writer of another process, or the same one after its disk was full, goes on behind it.
      writeFileSync(path, Buffer.concat([bytes.subarray(0, at), next]));
      const on = readAll(path, name);
      const isTorn = !starts.includes(at);
      expect([at, on.seqs, on.bad.map(({ offset }) => offset)]).toEqual([
        at,
        [...whole.slice(0, Math.max(0, before - 1)), whole.at(-1)],
        isTorn ? [starts[frameAt(at)]] : [],
      ]);
    }
  });

  it('loses at most one frame to a flipped bit, reports where, and misreads no other frame', () => {
    const { events } = readAll(path, name);
    const wrong: string[] = [];
    for (let at = 0; at < bytes.length; at++) {
      const hit = frameAt(at);
      const isLength = at < starts[hit]! + 4;
      for (const bit of isLength ? [0, 1, 2, 3, 4, 5, 6, 7] : [at % 8, 5]) {
        const flipped = Buffer.from(bytes);
        flipped[at]! ^= 1 << bit;
        writeFileSync(path, flipped);
        const read = readAll(path, name);
        // In its checksum a flip may do no harm: another name of it, or another case of a digit.
        if (read.bad.length === 0 && String(read.events) === String(events)) continue;
        // At the very end, a length that grew is a frame that has not arrived yet.
        const isTail = hit === starts.length - 1 && isLength && read.bad.length === 0;
        const isTold = isTail || (read.bad.length === 1 && read.bad[0]!.offset === starts[hit]);
        const isKept = String(read.events) === String(events.filter((_, i) => i !== hit - 1));
        if (!isTold || !isKept) wrong.push(`byte ${at} bit ${bit}: ${read.seqs.join(' ')}, ${read.bad.length} bad`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('keeps all frames outside a random hole', () => {
    const dice = newDice('holes');
    for (let round = 0; round < 2000; round++) {
      const from = dice.below(bytes.length);
      const to = Math.min(bytes.length, from + 1 + dice.below(300));
      const holed = Buffer.from(bytes);
      const fill = dice.pick([() => 0, () => dice.below(256), () => 0x7b, () => 0xff]);
      for (let at = from; at < to; at++) holed[at] = fill();
      writeFileSync(path, holed);
      const { seqs } = readAll(path, name);
      const outside = whole.filter((seq) => starts[seq]! >= to || (starts[seq + 1] ?? bytes.length) <= from);
      expect([from, to, outside.filter((seq) => !seqs.includes(seq))]).toEqual([from, to, []]);
      expect(whole.filter((seq) => seqs.indexOf(seq) !== seqs.lastIndexOf(seq))).toEqual([]);
    }
  });
});

describe('a damaged database', () => {
  /** The run with its database saved, and the row that it makes. */
  function savedRun(): { dir: string; row: string; bytes: Buffer } {
    const { dir } = smallJournal();
    const runDir = join(dir, 'runs', RUN);
    const loaded = LoadedRun.open(sql, { runId: RUN, dir: runDir }, false);
    loaded.read(Infinity);
    loaded.save(() => true);
    const row = rowOf(loaded);
    loaded.close();
    return { dir: runDir, row, bytes: readFileSync(join(runDir, 'run.sqlite')) };
  }
  /** Without what tells of damage, and of how often it was looked at. */
  function rowOf(loaded: LoadedRun): string {
    const { warnings: _warnings, row, ...extras } = loaded.detail();
    return JSON.stringify({ ...extras, row: { ...row, rev: 0 } });
  }

  it('is rebuilt from the journals when any byte is missing or flipped, with a warning on the run', () => {
    const { dir, row, bytes } = savedRun();
    const wrong: string[] = [];
    // Each of its pages is alike: every byte of the first one, then some of the others.
    const places = Array.from(bytes.keys()).filter((at) => at < 1024 || at % 61 === 0);
    for (const at of places) {
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << (at % 8);
      for (const damaged of [flipped, bytes.subarray(0, at)]) {
        writeFileSync(join(dir, 'run.sqlite'), damaged);
        const loaded = LoadedRun.open(sql, { runId: RUN, dir }, false);
        loaded.read(Infinity);
        const told = loaded
          .detail()
          .warnings.some(({ code, file }) => code === 'database_damaged' && file === 'run.sqlite');
        if (rowOf(loaded) !== row || !told)
          wrong.push(`byte ${at}, ${damaged.length} of ${bytes.length}: told ${told}`);
        loaded.close();
      }
    }
    expect(wrong).toEqual([]);
  });

  it('is recognised as damaged when it is the catalog and any byte is missing or flipped', () => {
    const file = join(tempDir(), 'catalog.sqlite');
    const catalog = Catalog.open(sql, file);
    const { row } = JSON.parse(savedRun().row) as { row: RunRow };
    catalog.put(row, { journals: '1:1' });
    catalog.save(() => true);
    catalog.close();
    const bytes = readFileSync(file);
    for (let at = 0; at < bytes.length; at += at < 1024 ? 1 : 61) {
      const flipped = Buffer.from(bytes);
      flipped[at]! ^= 1 << (at % 8);
      for (const damaged of [flipped, bytes.subarray(0, at)]) {
        writeFileSync(file, damaged);
        const opened = Catalog.open(sql, file);
        expect([at, opened.damage === null, opened.size]).toEqual([at, false, 0]);
        opened.close();
      }
    }
  });
});
