/**
 * seal.json of a run that is over: its database is the only copy of what its journals had, and this says what the
 * database's bytes are and which journals it stands for. It is written when the database was read back and found whole,
 * right before the journals go.
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
  /** By name, how long each was. */
  journals: z.record(z.string(), z.number()),
});

export type Seal = z.infer<typeof sealSchema>;

/** Null where there is none, or none that can be read. */
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

/** False when the directory is not ours to write in. */
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

/** Of a directory's names those of packed journals, as they were before. */
export function packedJournals(names: string[]): string[] {
  const packed = names.filter((name) => name.endsWith(PACKED));
  return packed.map((name) => name.slice(0, -PACKED.length)).filter(isEventJournal);
}

/** The database, which can be read, is all that there is of what a journal said; with a seal or, where that was lost, without. */
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

/** Asked where no database can be read: its journals are not all that there was, as far as the directory tells. */
export function wasSealed(runDir: string): boolean {
  if (!existsSync(runDir)) return false;
  // Links, pipes and what is far too long were never put there by us.
  const files = readdirSync(runDir, { withFileTypes: true }).filter((entry) => entry.isFile());
  const names = files.map(({ name }) => name);
  if (names.includes(SEALED_DATABASE)) return true;
  if (names.includes(SEAL_FILE) && lstatSync(join(runDir, SEAL_FILE)).size <= MAX_BYTES) return true;
  // Packed, and there as well: its collector died in between.
  if (packedJournals(names).some((name) => !names.includes(name))) return true;
  return names.includes(RUN_DATABASE) && !names.some(isEventJournal);
}

/** What no program can read a person may: it is not overwritten. */
export function setAside(runDir: string): void {
  for (const name of [RUN_DATABASE, SEALED_DATABASE]) {
    const [file, aside] = [join(runDir, name), join(runDir, `${name}.damaged`)];
    if (existsSync(file) && !existsSync(aside)) renameSync(file, aside);
  }
}
