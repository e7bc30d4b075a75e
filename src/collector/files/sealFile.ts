/**
 * seal.json of a run that is over. Its database is then the only copy of what its journals had; the seal has the checksums
 * of the database and the names of those journals. It is written after the database was read back and verified, right
 * before the journals are removed.
 */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isEventJournal, RUN_DATABASE, SEALED_DATABASE } from './runFiles';
import { putFile, readRegularFile } from './safeFile';

export const SEAL_FILE = 'seal.json';
const MAX_BYTES = 1 << 24;

const sealSchema = z.object({
  format: z.literal(1),
  /** ISO time. */
  at: z.string(),
  database: z.object({ bytes: z.number(), crc32: z.number(), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  /** Length of each journal in bytes, by name. */
  journals: z.record(z.string(), z.number()),
});

export type Seal = z.infer<typeof sealSchema>;

/** Returns null if there is none, or none that can be read. */
export function readSeal(runDir: string): Seal | null {
  try {
    return sealSchema.parse(JSON.parse(readRegularFile(join(runDir, SEAL_FILE), MAX_BYTES).toString()));
  } catch {
    return null;
  }
}

export function isSealOf({ database }: Seal, file: { bytes: number; crc32: number }): boolean {
  return file.bytes === database.bytes && file.crc32 === database.crc32;
}

/** Returns false, and writes nothing, if `isOurs` does. */
export function writeSeal(runDir: string, seal: Seal, isOurs: () => boolean): boolean {
  return putFile(join(runDir, SEAL_FILE), Buffer.from(`${JSON.stringify(seal, null, 2)}\n`), isOurs);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Names of all journals that the run has or had. */
export function journalNames(runDir: string): string[] {
  const names = readdirSync(runDir);
  return [...new Set([...names, ...packedJournals(names), ...Object.keys(readSeal(runDir)?.journals ?? {})])];
}

const PACKED = '.gz';

/** The names that the packed journals among `names` had before packing. */
export function packedJournals(names: string[]): string[] {
  const packed = names.filter((name) => name.endsWith(PACKED));
  return packed.map((name) => name.slice(0, -PACKED.length)).filter(isEventJournal);
}

/** True if the readable database is the only copy of some journal, even if the seal was lost. */
export function isOnlyCopy(
  runDir: string,
  offsets: ReadonlyMap<string, { offset: number; sealed?: unknown }>,
): boolean {
  for (const [name, position] of offsets) {
    const size = lstatSync(join(runDir, name), { throwIfNoEntry: false })?.size ?? -1;
    if (position.sealed === true && size < position.offset) return true;
  }
  return false;
}

/** For a run without a readable database: true if the directory shows that journals were removed. */
export function wasSealed(runDir: string): boolean {
  if (!existsSync(runDir)) return false;
  // The collector never makes links, pipes or a seal that is far too long.
  const files = readdirSync(runDir, { withFileTypes: true }).filter((entry) => entry.isFile());
  const names = files.map(({ name }) => name);
  if (names.includes(SEALED_DATABASE)) return true;
  if (names.includes(SEAL_FILE) && lstatSync(join(runDir, SEAL_FILE)).size <= MAX_BYTES) return true;
  // A journal that exists packed and unpacked was not removed: the collector died in between.
  if (packedJournals(names).some((name) => !names.includes(name))) return true;
  return names.includes(RUN_DATABASE) && !names.some(isEventJournal);
}

/** Renames damaged databases instead of overwriting them, because a person may still recover data. */
export function setAside(runDir: string): void {
  for (const name of [RUN_DATABASE, SEALED_DATABASE]) {
    const [file, aside] = [join(runDir, name), join(runDir, `${name}.damaged`)];
    if (existsSync(file) && !existsSync(aside)) renameSync(file, aside);
  }
}
