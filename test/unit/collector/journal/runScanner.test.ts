import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listJournals, listRuns } from '../../../../src/collector/journal/runScanner';
import { tempDir } from './journalFixture';

describe('scanning a directory that may be hostile', () => {
  it('finds only real run directories whose names are ids', () => {
    const root = tempDir();
    const outside = tempDir();
    mkdirSync(join(root, 'run-1'));
    for (const name of ['.hidden', 'a b', '-x', 'ü']) mkdirSync(join(root, name));
    symlinkSync(outside, join(root, 'link'));
    writeFileSync(join(root, 'file'), '');
    expect(listRuns(root).map(({ runId }) => runId)).toEqual(['run-1']);
    expect(listRuns(join(root, 'missing'))).toEqual([]);
  });

  it('finds only real journal files', () => {
    const dir = tempDir();
    const outside = join(tempDir(), 'events-worker-0-1-a.xtj');
    writeFileSync(outside, '');
    for (const name of ['events-worker-0-1-b.xtj', 'user-x.xtj', 'commands.xtj', 'other.xtj', 'output-worker-0-1.log'])
      writeFileSync(join(dir, name), '');
    symlinkSync(outside, join(dir, 'events-worker-0-1-a.xtj'));
    mkdirSync(join(dir, 'events-worker-1-1-d.xtj'));
    expect(listJournals(dir).map(({ name }) => name)).toEqual([
      'commands.xtj',
      'events-worker-0-1-b.xtj',
      'user-x.xtj',
    ]);
  });
});
