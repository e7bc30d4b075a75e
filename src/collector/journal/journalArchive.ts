/** Journals that are over, removed or packed (gzip) beside where they were. */
import { createHash } from 'node:crypto';
import { constants, copyFileSync, createReadStream, createWriteStream, lstatSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip, gunzipSync } from 'node:zlib';
import { putFile, readRegularFile, syncDirectory, syncFile } from '../safeFile';
import { isJournalName } from './journalHead';

/** A journal that is longer, packed or not, was not made by us. */
const MAX_BYTES = 2 ** 31 - 1;

const packedName = (path: string): string => `${path}.gz`;

/** Leaves the journal itself. Behind what is packed under this name already, as gzip allows. Throws when it cannot be read back. */
export async function packJournal(path: string): Promise<void> {
  const packed = packedName(path);
  const temporary = `${packed}.tmp`;
  try {
    const digest = createHash('sha256');
    // What a crash left, or a link that somebody put there for us to write through.
    rmSync(temporary, { force: true });
    const goesOn = isFile(packed);
    if (goesOn) {
      copyFileSync(packed, temporary, constants.COPYFILE_EXCL);
      for await (const bytes of unpacked(packed)) digest.update(bytes);
    }
    const flags = goesOn ? 'a' : 'wx';
    await pipeline(createReadStream(path), createGzip(), createWriteStream(temporary, { flags, mode: 0o600 }));
    syncFile(temporary);
    for await (const bytes of createReadStream(path) as AsyncIterable<Buffer>) digest.update(bytes);
    const again = createHash('sha256');
    for await (const bytes of unpacked(temporary)) again.update(bytes);
    if (!again.digest().equals(digest.digest())) throw new Error(`${packed} is not what was written`);
    renameSync(temporary, packed);
    syncDirectory(dirname(path));
  } finally {
    rmSync(temporary, { force: true });
  }
}

function unpacked(packed: string): AsyncIterable<Buffer> {
  return createReadStream(packed).pipe(createGunzip());
}

/** Brings packed journals back. False, and nothing changed, unless all of them are there, packed or not. */
export function unpackJournals(runDir: string, names: readonly string[]): boolean {
  // The names come from a file that anybody may have written.
  if (!names.every((name) => name === basename(name) && isJournalName(name))) return false;
  const paths = names.map((name) => join(runDir, name));
  if (!paths.every((path) => isFile(path) || isFile(packedName(path)))) return false;
  for (const path of paths) {
    const packed = packedName(path);
    if (!isFile(packed)) continue;
    const first = gunzipSync(readRegularFile(packed, MAX_BYTES), { maxOutputLength: MAX_BYTES });
    const parts = [first, ...(isFile(path) ? [readRegularFile(path, MAX_BYTES)] : [])];
    putFile(path, Buffer.concat(parts), () => true);
    rmSync(packed);
  }
  return true;
}

/** No link, and nothing else that is not ours. */
function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
