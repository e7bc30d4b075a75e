/** Journals that are over, removed or packed (gzip) beside where they were. */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  createReadStream,
  createWriteStream,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip, gunzipSync } from 'node:zlib';
import { putFile, syncDirectory, syncFile } from '../safeFile';

const packedName = (path: string): string => `${path}.gz`;

/** Leaves the journal itself. Behind what is packed under this name already, as gzip allows. Throws when it cannot be read back. */
export async function packJournal(path: string): Promise<void> {
  const packed = packedName(path);
  const temporary = `${packed}.tmp`;
  try {
    const digest = createHash('sha256');
    if (existsSync(packed)) {
      copyFileSync(packed, temporary);
      for await (const bytes of unpacked(packed)) digest.update(bytes);
    }
    const flags = existsSync(packed) ? 'a' : 'w';
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
  const paths = names.map((name) => join(runDir, name));
  if (!paths.every((path) => existsSync(path) || existsSync(packedName(path)))) return false;
  for (const path of paths) {
    const packed = packedName(path);
    if (!existsSync(packed)) continue;
    const parts = [gunzipSync(readFileSync(packed)), ...(existsSync(path) ? [readFileSync(path)] : [])];
    putFile(path, Buffer.concat(parts), () => true);
    rmSync(packed);
  }
  return true;
}
