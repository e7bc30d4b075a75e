/** Decides between several writers that set one field of a run: the greatest stamp wins, in whatever order they are read. */
import type { Source } from '../../protocol/events';
import { isRecord } from '../../base/unknown';
import { finiteOf, jsonOf, stringsOf, wordOf, type Fields } from '../payload';
import type { RunState, Stamp, WriterState } from './state';
import { lookUp, put } from '../safeRecord';

/** The run and the writer of the event that is being applied. */
export interface Speech {
  state: RunState;
  writer: WriterState;
}

const MAX_ROOTS = 20;

export const LAUNCH = 3;
const SCRIPT = 2;
const SUPERVISOR = 1;

export function rankOf(writer: WriterState): number {
  return writer.role === 'supervisor' ? SUPERVISOR : SCRIPT;
}

export function wins(speech: Speech, field: string, major: number, minor: number): boolean {
  const { state, writer } = speech;
  const stamps = (state.stamps ??= {});
  const stamp: Stamp = [major, minor, writer.last ?? 0, writer.writer];
  const held = lookUp(stamps, field);
  if (held && isGreater(held, stamp)) return false;
  put(stamps, field, stamp);
  return true;
}

function isGreater(a: Stamp, b: Stamp): boolean {
  for (let i = 0; i < 4; i++) if (a[i] !== b[i]) return a[i]! > b[i]!;
  return false;
}

/**
 * For names and tags, values chosen at launch beat the script's constants, which beat the supervisor's guesses. A run keeps
 * the first name it was given, even if a resumed script uses another one; for tags, the latest attempt wins.
 */
export function setIdentity(speech: Speech, rank: number, from: Fields, attempt: number): void {
  const { state } = speech;
  for (const field of ['name', 'experiment', 'parent'] as const) {
    const word = wordOf(from[field]);
    if (word !== null && wins(speech, field, rank, -attempt)) state[field] = word;
  }
  for (const [key, value] of Object.entries(stringsOf(from['tags'])))
    if (wins(speech, `tag ${key}`, rank, attempt)) put(state.tags, key, value);
}

const SOURCE_TEXTS = [
  'git_commit',
  'git_branch',
  'git_repo',
  'git_diff',
  'entrypoint',
  'code_hash',
  'interpreter',
  'cwd',
  'root',
] as const satisfies (keyof Source)[];

/** The latest attempt wins; within it the supervisor, which knows better how the script was started. */
export function setSource(speech: Speech, source: unknown): void {
  if (!isRecord(source)) return;
  const { state, writer } = speech;
  const rank = writer.role === 'supervisor' ? 2 : 1;
  for (const field of SOURCE_TEXTS) {
    const text = wordOf(source[field]);
    if (text !== null && wins(speech, `source ${field}`, writer.attempt, rank)) state.source[field] = text;
  }
  const root = wordOf(source['root']);
  const roots = (state.roots ??= []);
  if (root !== null && !roots.includes(root) && roots.length < MAX_ROOTS) roots.push(root);
  const workers = finiteOf(source['workers']);
  if (workers !== null && wins(speech, 'source workers', writer.attempt, rank)) state.source.workers = workers;
  const argv = source['argv'];
  if (Array.isArray(argv) && argv.every((part) => typeof part === 'string'))
    if (wins(speech, 'source argv', writer.attempt, rank)) state.source.argv = argv;
}

export function setEnvironment(speech: Speech, environment: unknown): void {
  if (environment === undefined || environment === null) return;
  const { state, writer } = speech;
  const rank = writer.role === 'supervisor' ? 2 : 1;
  if (wins(speech, 'environment', writer.attempt, rank)) state.environment = jsonOf(environment);
}
