/**
 * seal.json of a run that is over: its database is the only copy of what its journals had, and this says what the
 * database's bytes are and which journals it stands for. It is written when the database was read back and found whole,
 * right before the journals go.
 */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { putFile, readRegularFile } from './safeFile';

export const SEAL_FILE = 'seal.json';
const MAX_BYTES = 1 << 24;

const sealSchema = z.object({
  format: z.literal(1),
  /** ISO time. */
  at: z.string(),
  database: z.object({ bytes: z.number(), crc32: z.number(), sha256: z.string() }),
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
  return [...new Set([...readdirSync(runDir), ...Object.keys(readSeal(runDir)?.journals ?? {})])];
}
