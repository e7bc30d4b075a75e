import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { canBeUnpacked, packJournal, unpackJournals } from '../../../../src/collector/journal/journalArchive';
import { tempDir } from './journalFixture';

const NAME = 'events-worker-0-1-abc.xtj';
const going = () => new AbortController().signal;

describe('packed journals', () => {
  it('unpack unchanged after several sealings, followed by the events written since', async () => {
    const dir = tempDir();
    const path = join(dir, NAME);
    for (const part of ['first ', 'second ']) {
      writeFileSync(path, part);
      await packJournal(path);
    }
    writeFileSync(path, 'third');
    expect(canBeUnpacked(dir, [NAME])).toBe(true);
    await unpackJournals(dir, [NAME], going());
    expect(readFileSync(path, 'utf8')).toBe('first second third');
    expect(readdirSync(dir)).toEqual([NAME]);
  });

  it('stay in place when they are torn, without leaving partial files', async () => {
    const dir = tempDir();
    const packed = gzipSync(Buffer.alloc(100_000, 'frames '));
    writeFileSync(join(dir, `${NAME}.gz`), packed.subarray(0, packed.length - 20));
    await expect(unpackJournals(dir, [NAME], going())).rejects.toThrow();
    expect(readdirSync(dir)).toEqual([`${NAME}.gz`]);
  });

  it('are refused when they are decompression bombs', { timeout: 30_000 }, async () => {
    const dir = tempDir();
    const zeros = gzipSync(Buffer.alloc(2 ** 24));
    writeFileSync(join(dir, `${NAME}.gz`), Buffer.concat(Array.from({ length: 20 }, () => zeros)));
    await expect(unpackJournals(dir, [NAME], going())).rejects.toThrow('would unpack to more than 268435456 bytes');
    expect(existsSync(join(dir, NAME))).toBe(false);
  });

  it('are left alone if one is missing or a name leads out of the directory', () => {
    const dir = tempDir();
    mkdirSync(join(dir, 'runs'));
    writeFileSync(join(dir, `${NAME}.gz`), gzipSync('x'));
    expect(canBeUnpacked(dir, [NAME, 'events-worker-1-1-abc.xtj'])).toBe(false);
    expect(canBeUnpacked(join(dir, 'runs'), [`../${NAME}`])).toBe(false);
    expect(canBeUnpacked(dir, [])).toBe(false);
  });

  it('stop unpacking when aborted, and can be unpacked again', async () => {
    const dir = tempDir();
    writeFileSync(join(dir, `${NAME}.gz`), gzipSync('all of it'));
    await expect(unpackJournals(dir, [NAME], AbortSignal.abort())).rejects.toThrow('abort');
    expect(readdirSync(dir)).toEqual([`${NAME}.gz`]);
    await unpackJournals(dir, [NAME], going());
    expect(readFileSync(join(dir, NAME), 'utf8')).toBe('all of it');
  });
});
