/**
 * Packs finished journals (gzip) beside their place, and unpacks them. Both stream, so that little is in memory at
 * once.
 */
import { createHash, type Hash } from 'node:crypto';
import {
  constants,
  copyFileSync,
  createReadStream,
  createWriteStream,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  type ReadStream,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { syncDirectory, syncFile } from '../files/safeFile';
import { isJournalName } from '../files/runFiles';

/**
 * Any packed journal may unpack to this many bytes. A longer result must not exceed the ratio below, because real frames
 * hold checksums, which do not compress well.
 */
const UNPACKED_AT_ONCE = 2 ** 28;
const LARGEST_RATIO = 100;

const packedName = (path: string): string => `${path}.gz`;

/**
 * Packs a journal and leaves the journal itself. If there is a packed one already, it is appended to, as gzip allows. Throws
 * if the result cannot be read back.
 */
export async function packJournal(path: string): Promise<void> {
  const packed = packedName(path);
  const temporary = `${packed}.tmp`;
  try {
    const digest = createHash('sha256');
    // A crash may have left a file here, and an attacker may have placed a link for us to write through.
    rmSync(temporary, { force: true });
    const goesOn = isFile(packed);
    if (goesOn) {
      copyFileSync(packed, temporary, constants.COPYFILE_EXCL);
      await pipeline(reading(packed), createGunzip(), intoDigest(digest));
    }
    const flags = goesOn ? 'a' : 'wx';
    await pipeline(createReadStream(path), createGzip(), createWriteStream(temporary, { flags, mode: 0o600 }));
    syncFile(temporary);
    await pipeline(createReadStream(path), intoDigest(digest));
    const again = createHash('sha256');
    await pipeline(reading(temporary), createGunzip(), intoDigest(again));
    if (!again.digest().equals(digest.digest())) throw new Error(`${packed} is not what was written`);
    renameSync(temporary, packed);
    syncDirectory(dirname(path));
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Opens a packed journal without following a link. */
function reading(packed: string): ReadStream {
  return createReadStream(packed, { fd: openSync(packed, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)) });
}

function intoDigest(digest: Hash): (chunks: AsyncIterable<Buffer>) => Promise<void> {
  return async (chunks) => {
    for await (const bytes of chunks) digest.update(bytes);
  };
}

/** True if all of these journals are there, packed or not. */
export function canBeUnpacked(runDir: string, names: readonly string[]): boolean {
  // The names come from a file that cannot be trusted.
  if (names.length === 0 || !names.every((name) => name === basename(name) && isJournalName(name))) return false;
  const paths = names.map((name) => join(runDir, name));
  return paths.every((path) => isFile(path) || isFile(packedName(path)));
}

/** Unpacks journals one after the other. Throws if one fails; it may then be called again. */
export async function unpackJournals(runDir: string, names: readonly string[], signal: AbortSignal): Promise<void> {
  for (const path of names.map((name) => join(runDir, name)))
    if (isFile(packedName(path))) await unpackJournal(path, signal);
}

/** A journal that exists unpacked too is appended: it continues the packed one, or repeats it, which readers skip. */
async function unpackJournal(path: string, signal: AbortSignal): Promise<void> {
  const packed = packedName(path);
  const temporary = `${path}.tmp`;
  try {
    rmSync(temporary, { force: true });
    const limit = Math.max(UNPACKED_AT_ONCE, LARGEST_RATIO * lstatSync(packed).size);
    signal.throwIfAborted();
    const write = (flags: string) => createWriteStream(temporary, { fd: openSync(temporary, flags, 0o600) });
    await pipeline(reading(packed), createGunzip(), atMost(limit, packed), write('wx'), { signal });
    if (isFile(path)) await pipeline(createReadStream(path), write('a'), { signal });
    syncFile(temporary);
    renameSync(temporary, path);
    syncDirectory(dirname(path));
    rmSync(packed);
  } finally {
    rmSync(temporary, { force: true });
  }
}

function atMost(limit: number, name: string): Transform {
  let sum = 0;
  return new Transform({
    transform(bytes: Buffer, _encoding, done) {
      sum += bytes.length;
      if (sum <= limit) done(null, bytes);
      else
        done(
          new Error(
            `${basename(name)} would unpack to more than ${limit} bytes, more than any real journal; unpack it yourself if you trust it`,
          ),
        );
    },
  });
}

/** True for a regular file, which excludes links and everything else that we do not make. */
function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
