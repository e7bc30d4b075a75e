/**
 * node collector.js verify --dir DIR [--json]: checks that everything under an .xtrack directory is as it was written. It
 * only reads. Exit code 0: nothing is damaged, though events may be missing that never arrived; 1: something is damaged
 * or lost.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SqlJsStatic } from 'sql.js';
import { listRuns, type FoundRun } from '../journal/runScanner';
import { differences } from './runCheck';
import { LoadedRun } from './loadedRun';
import { isOnlyCopy, isSealOf, readSeal, SEAL_FILE, sha256, wasSealed, type Seal } from '../files/sealFile';
import { loadSql, readDatabaseFile, storedChecksum, type Loaded } from '../store/databaseFile';
import { RunStore } from '../store/runStore';
import { RUN_DATABASE, SEALED_DATABASE } from '../files/runFiles';

export interface Finding {
  /** `note`: nothing that was written is lost. */
  level: 'error' | 'note';
  /** Name of the file in the run's directory. */
  file: string;
  message: string;
}

export interface RunReport {
  run_id: string;
  sealed: boolean;
  events: number;
  points: number;
  findings: Finding[];
}

/** Resolves to the exit code. */
export async function verifyDirectory({ dir, json }: { dir: string; json: boolean }, wasm: string): Promise<number> {
  if (!existsSync(dir)) {
    process.stderr.write(`${dir} does not exist.\n`);
    return 2;
  }
  const sql = await loadSql(wasm);
  let errors = 0;
  let count = 0;
  const catalog = readDatabaseFile(join(dir, 'catalog.sqlite'));
  if ('damage' in catalog && !json)
    process.stdout.write(`catalog.sqlite ${catalog.damage}; it will be rebuilt from the runs.\n`);
  for (const run of listRuns(join(dir, 'runs')).sort((a, b) => (a.runId < b.runId ? -1 : 1))) {
    const report = await verifyRun(sql, run);
    count++;
    errors += report.findings.filter(({ level }) => level === 'error').length;
    if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else printRun(report);
  }
  if (!json) process.stdout.write(`${count} runs, ${errors === 0 ? 'nothing is damaged' : `${errors} findings`}.\n`);
  return errors > 0 ? 1 : 0;
}

function printRun({ run_id, sealed, events, points, findings }: RunReport): void {
  const state = findings.some(({ level }) => level === 'error') ? 'DAMAGED' : 'ok';
  process.stdout.write(
    `${state.padEnd(8)} ${run_id}${sealed ? ' (sealed)' : ''}: ${points} points, ${events} events\n`,
  );
  for (const { level, file, message } of findings) process.stdout.write(`  ${level}: ${file}: ${message}\n`);
}

export async function verifyRun(sql: SqlJsStatic, { runId, dir }: FoundRun): Promise<RunReport> {
  const findings: Finding[] = [];
  const add = (level: Finding['level'], file: string, message: string) => findings.push({ level, file, message });
  const seal = readSeal(dir);
  const main = readDatabaseFile(join(dir, RUN_DATABASE));
  const base = readDatabaseFile(join(dir, SEALED_DATABASE));
  const onlyCopy = isDatabaseOnlyCopy(sql, dir, main, base);
  const sealed = seal ? checkSeal(seal, main, base, add) || onlyCopy : onlyCopy;
  if (!seal && (sealed || existsSync(join(dir, SEAL_FILE))))
    add('error', SEAL_FILE, 'is missing or damaged; the run was sealed, and its database may be the only copy');
  const stored = open(sql, dir, RUN_DATABASE, main, sealed ? 'error' : 'note', add);
  const before = sealed ? stored : open(sql, dir, SEALED_DATABASE, base, 'error', add);
  // For a sealed run, this reads what its journals add to the sealed database; for any other, all of its journals.
  const from = sealed ? main : base;
  const reread = LoadedRun.reread(
    sql,
    { runId, dir },
    'bytes' in from ? { name: RUN_DATABASE, bytes: from.bytes } : null,
  );
  try {
    reread.read(Infinity);
    reread.noteTornEnds();
    for (const { file, rest, isFinal } of reread.tornEnds())
      if (!isFinal) add('note', file, `ends in ${rest.bytes} bytes that are not a whole event yet, at ${rest.offset}`);
    for (const { code, message, file, offset, count } of reread.state.warnings) {
      const where = offset === undefined ? '' : ` at ${offset}`;
      add(DAMAGE.has(code) ? 'error' : 'note', file ?? '', `${message}${where}${count > 1 ? ` (${count} times)` : ''}`);
    }
    for (const name of reread.damaged())
      if (!findings.some(({ level, file }) => level === 'error' && file === name))
        add('error', name, 'Part of it could not be read.');
    if (stored?.state && !sealed) await compare(stored, reread, add);
    const { points } = reread.store;
    return { run_id: runId, sealed, points, events: reread.store.events(0, 0).total, findings };
  } finally {
    reread.close();
    stored?.close();
    if (before !== stored) before?.close();
  }
}

const DAMAGE = new Set([
  'bad_frame',
  'foreign_journal',
  'no_head',
  'not_taken',
  'torn_length',
  'unreadable',
  'wrong_run',
]);

type Add = (level: Finding['level'], file: string, message: string) => void;

/** Returns true if run.sqlite is the sealed database, or is missing or damaged where that should be. */
function checkSeal(seal: Seal | null, main: Loaded, base: Loaded, add: Add): boolean {
  if (!seal) return false;
  const isIn = (file: Loaded) =>
    'bytes' in file && isSealOf(seal, { bytes: file.bytes.length, crc32: storedChecksum(file.bytes) });
  if (isIn(main)) {
    if (sha256((main as { bytes: Uint8Array }).bytes) === seal.database.sha256) return true;
    add('error', RUN_DATABASE, 'is not what was sealed (its SHA-256 is another)');
    return true;
  }
  // The run was resumed after it was sealed; sealed.sqlite has what was sealed.
  if (isIn(base)) {
    if (sha256((base as { bytes: Uint8Array }).bytes) !== seal.database.sha256)
      add('error', SEALED_DATABASE, 'is not what was sealed (its SHA-256 is another)');
    return false;
  }
  const journals = Object.keys(seal.journals).length;
  add(
    'error',
    RUN_DATABASE,
    `is not the database that was sealed at ${seal.at}, the only copy of ${journals} journals`,
  );
  return 'damage' in main || 'missing' in main;
}

/** True if journals that run.sqlite was made from are gone, so that it is the only copy, with or without a seal. */
function isDatabaseOnlyCopy(sql: SqlJsStatic, dir: string, main: Loaded, base: Loaded): boolean {
  if (!('bytes' in main)) return !('bytes' in base) && wasSealed(dir);
  try {
    const store = RunStore.of(sql, dir, { name: RUN_DATABASE, bytes: main.bytes }, true);
    store.close();
    return !('bytes' in base) && isOnlyCopy(dir, store.offsets);
  } catch {
    return wasSealed(dir);
  }
}

function open(sql: SqlJsStatic, dir: string, name: string, file: Loaded, level: Finding['level'], add: Add) {
  if ('missing' in file) return null;
  try {
    if ('damage' in file) throw new Error(file.damage);
    const store = RunStore.of(sql, dir, { name, bytes: file.bytes }, true);
    for (const fragment of store.contents()) for (const _columns of fragment.read()) continue;
    return store;
  } catch (error) {
    const remedy = level === 'note' ? '; it will be rebuilt from the journals' : '';
    add(level, name, `${(error as Error).message}${remedy}`);
    return null;
  }
}

/** The journals may have more than was saved, but must have everything that was saved. */
async function compare(stored: RunStore, reread: LoadedRun, add: Add): Promise<void> {
  const behind = [...reread.eventJournals()].some(
    ({ name, reader }) => (stored.offsets.get(name)?.offset ?? 0) < reader.saved.offset,
  );
  if (behind) return add('note', RUN_DATABASE, 'does not have everything from the journals yet');
  const found = await differences({ store: stored, state: stored.state! }, reread, () => Promise.resolve());
  for (const difference of found)
    add('error', RUN_DATABASE, `${difference} (the command Rebuild Database restores it)`);
}
