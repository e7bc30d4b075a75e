/** The disk gets full under the collector's own copies of journals: what was not written has not come, and nothing stays open. */
import { mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FrameDecoder } from '../../src/base/frames';
import { LegacyStreams } from '../../src/collector/ingest/legacyStreams';
import { StreamJournals } from '../../src/collector/ingest/streamJournal';
import type { RunDirectories } from '../../src/collector/files/runDirectory';
import type { Envelope } from '../../src/protocol/events';
import { headFor, tempDir } from '../unit/collector/journal/journalFixture';
import { smallDisk, type SmallDisk } from './smallDisk';

let folder: string;
let disk: SmallDisk;
let journals: StreamJournals;
beforeEach(() => {
  folder = join(tempDir(), 'disk');
  disk = smallDisk(folder, 1);
  journals = new StreamJournals((runId) => join(folder, runId));
  mkdirSync(join(folder, 'run-1'));
});
afterEach(() => disk.dispose());

/** Longer than what a file's last page has left. */
const event = (seq: number): Envelope => ({
  v: 1,
  t: 'log',
  m: { seq, ts: 1 },
  p: { run_id: 'run-1', level: 'info', msg: 'x'.repeat(10_000) },
});
/** Of whole events: a part of what did not fit lies between them. */
function seqsIn(file: string): number[] {
  const decoder = new FrameDecoder();
  decoder.push(readFileSync(join(folder, 'run-1', file)));
  const seqs: number[] = [];
  for (let item = decoder.next(); item; item = decoder.next())
    if (item.kind === 'frame') seqs.push((item.envelope['m'] as Envelope['m']).seq);
  return seqs;
}

const openFiles = (): string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      // The one that the folder was listed with.
      return [];
    }
  });

it('an event that could not be written is accepted when it is sent again', () => {
  if (disk.kind !== 'tmpfs') return expect(disk.kind).toBe('limited files');
  const journal = journals.acquire(headFor('run-1', { writer: 'one' }));
  journal.append([event(1), event(5)]);
  disk.fill([]);
  expect(() => journal.append([event(3), event(8)])).toThrow('ENOSPC');
  disk.free([]);
  for (const seq of [3, 8, 7, 5, 3]) journal.append([event(seq)]);
  expect(seqsIn(journal.file)).toEqual([0, 1, 5, 3, 8, 7]);
  journal.release();
  expect(openFiles()).toEqual([]);
});

it('a dropped connection closes all of its streams', () => {
  if (disk.kind !== 'tmpfs') return expect(disk.kind).toBe('limited files');
  const runs = { ensure: (runId: string) => join(folder, runId) } as RunDirectories;
  const grown: string[] = [];
  const streams = new LegacyStreams(runs, journals, (_runId, file) => grown.push(file));
  const log = (wid: string) => ({ ...event(1), m: { wid } });
  for (const wid of ['a', 'b', 'c']) expect(streams.take(log(wid))).toBeNull();
  expect(openFiles()).toHaveLength(3);
  disk.fill([]);
  // What is left of each file's last page is full then too: an end does not fit either.
  for (const wid of ['a', 'b', 'c']) expect(() => streams.take(log(wid))).toThrow('ENOSPC');
  grown.length = 0;
  streams.drop();
  expect(openFiles()).toEqual([]);
  expect(grown).toHaveLength(3);
  disk.free([]);
});
