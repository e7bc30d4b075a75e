/**
 * Status, phase, progress and times, derived from the events of a run's writers and from observations of their
 * processes. The result does not depend on the order in which journals were read.
 */
import type { Exit, RunError } from '../../protocol/events';
import type { Attempt, Progress, SourceLine, Status, StopResult } from '../../protocol/rows';
import type { AttemptState, RunState, WriterState } from './state';
import { lookUp } from '../safeRecord';
import { userFrame } from './traceback';

export interface DerivedStatus {
  status: Status;
  phase: string | null;
  progress: Progress | null;
  /** The latest attempt; 0 if there is none. */
  attempt: number;
  started: number | null;
  ended: number | null;
  error: string | null;
  error_at: SourceLine | null;
  traceback: string | null;
  attempts: Attempt[];
  /** When a waiting attempt will begin. */
  starts_at: number | null;
  stop: StopResult | null;
}

interface Outcome {
  status: Status;
  ended: number | null;
  exit: Exit | null;
  error: RunError | null;
}

interface Writers {
  scripts: WriterState[];
  supervisors: WriterState[];
  collectors: WriterState[];
}

export function deriveStatus(state: RunState): DerivedStatus {
  const numbers = new Set(state.attempts.map(({ n }) => n));
  for (const writer of Object.values(state.writers)) if (isTraining(writer)) numbers.add(writer.attempt);
  const ordered = [...numbers].sort((a, b) => a - b);
  const outcomes = ordered.map((n) => ({ n, writers: writersOf(state, n) }));
  const latest = outcomes.at(-1);
  if (!latest) return nothingYet();

  const attempts = outcomes.map(({ n, writers }, i) => attemptRow(state, n, writers, i < outcomes.length - 1));
  const outcome = outcomeOf(state, latest.n, latest.writers);
  // Progress from the script takes precedence over progress that its supervisor reads from the output.
  const { scripts, supervisors } = latest.writers;
  const speaker = [...byWorker(scripts), ...byWorker(supervisors)].find(({ progress }) => progress !== null);
  const first = byWorker(scripts)[0];
  const isActive = outcome.ended === null;
  const traceback = outcome.error?.traceback ?? null;
  return {
    status: outcome.status,
    phase: isActive ? (first?.phase ?? null) : null,
    progress: speaker?.progress ?? null,
    attempt: latest.n,
    started: firstOf(outcomes.flatMap(({ writers }) => [...writers.scripts, ...writers.supervisors])),
    ended: outcome.ended,
    error: outcome.status === 'failed' ? describe(outcome.error) : null,
    error_at: traceback === null ? null : userFrame(traceback, state.source.cwd ?? null),
    traceback,
    attempts,
    starts_at: outcome.status === 'queued' ? (state.attempts.find(({ n }) => n === latest.n)?.starts_at ?? null) : null,
    stop: isActive ? stopOf(state, latest.n) : null,
  };
}

function nothingYet(): DerivedStatus {
  return {
    status: 'queued',
    phase: null,
    progress: null,
    attempt: 0,
    started: null,
    ended: null,
    error: null,
    error_at: null,
    traceback: null,
    attempts: [],
    starts_at: null,
    stop: null,
  };
}

function stopOf(state: RunState, n: number): StopResult | null {
  const stop = state.attempts.find((attempt) => attempt.n === n)?.stop;
  return stop ? { stage: stop.stage, next_at: stop.next_at } : null;
}

/** True for writers that are part of the training, whose worker ids users see. */
export function isScript(writer: WriterState): boolean {
  return writer.role === 'script' || writer.role === 'import';
}

function isTraining(writer: WriterState): boolean {
  return isScript(writer) || writer.role === 'supervisor';
}

/** True if the process ended without an end event: it was observed, or journaled and has written nothing since. */
export function isGone(state: RunState, writer: WriterState): boolean {
  if (writer.end !== null) return false;
  if (writer.seen === 'gone') return true;
  const gone = lookUp(state.gone ?? {}, writer.writer);
  if (gone === undefined) return false;
  // Times may come from two clocks, or from one that was set back; sequence numbers do not.
  return !((writer.last ?? 0) > gone.at) || (gone.seq !== undefined && writer.seq <= gone.seq);
}

/** True if an attempt has not ended and only imports are left of it: nothing here runs, or could be stopped. */
export function isImported(state: RunState, attempt: number): boolean {
  const open = Object.values(state.writers).filter(
    (writer) => writer.attempt === attempt && isTraining(writer) && writer.end === null && !isGone(state, writer),
  );
  return open.length > 0 && open.every(({ role }) => role === 'import');
}

function writersOf(state: RunState, n: number): Writers {
  const writers = Object.values(state.writers).filter(({ attempt }) => attempt === n);
  return {
    scripts: decisive(writers.filter(isScript)),
    supervisors: writers.filter(({ role }) => role === 'supervisor'),
    collectors: writers.filter(({ role }) => role === 'collector'),
  };
}

/** Forked children (data loaders and the like) may end without an event, so only the processes they were forked from decide. */
function decisive(scripts: WriterState[]): WriterState[] {
  const known = new Set(scripts.map(({ writer }) => writer));
  return scripts.filter(({ forked_from: parent }) => parent === undefined || !known.has(parent));
}

function attemptRow(state: RunState, n: number, writers: Writers, isEarlier: boolean): Attempt {
  const known = state.attempts.find((attempt) => attempt.n === n);
  const { ended, exit } = outcomeOf(state, n, writers);
  const started =
    firstOf([...writers.scripts, ...writers.supervisors]) ?? known?.launched ?? firstOf(writers.collectors) ?? 0;
  const last = Math.max(started, ...[...writers.scripts, ...writers.supervisors].map((writer) => writer.last ?? 0));
  // A later attempt ends this one, whatever happened to its writers.
  return {
    n,
    from_checkpoint: known?.from_checkpoint ?? null,
    started,
    ended: ended ?? (isEarlier ? last : null),
    exit,
  };
}

function outcomeOf(state: RunState, n: number, writers: Writers): Outcome {
  const { scripts, supervisors, collectors } = writers;
  const attempt = state.attempts.find((known) => known.n === n);
  const hasEnded = (writer: WriterState): boolean => writer.end !== null || isGone(state, writer);

  const collectorEnd = collectors.find(({ end }) => end !== null);
  const superviseEnded = supervisors.length > 0 && supervisors.every(({ end }) => end !== null);
  const closers = superviseEnded ? supervisors : collectorEnd ? [collectorEnd] : [];
  const participants = scripts.length > 0 ? scripts : supervisors.length > 0 ? supervisors : collectors;
  const allEnded = participants === collectors ? launchEnded(state, collectors, attempt) : participants.every(hasEnded);
  if (closers.length === 0 && !allEnded)
    return { status: activeStatus(state, writers), ended: null, exit: null, error: null };

  const enders = closers.length > 0 ? closers : participants;
  const ended = Math.max(...enders.map((writer) => endedAt(state, writer)));
  const stop = attempt?.stop_requested ?? null;
  // A process that was just found gone may have been gone for a while, so its end cannot be compared with the stop.
  const justFound = enders.some((writer) => writer.end === null && writer.seen === 'gone');
  // Its clock may be behind ours, but a script that acknowledged the stop had not ended before it.
  const hasAnswered = state.commands.some(({ cmd_id, acks }) => cmd_id === attempt?.stop?.cmd_id && acks.length > 0);
  const wasStopped = stop !== null && (stop <= ended || justFound || hasAnswered);
  const exit = closers.map(({ end }) => end!.exit).find((found) => found !== null) ?? null;
  const status = wasStopped ? 'killed' : endStatus(state, closers, scripts, participants);
  const neverStarted = scripts.length === 0 && supervisors.length === 0;
  return {
    status: status === 'killed' && neverStarted ? 'cancelled' : status,
    ended,
    exit,
    error: status === 'failed' ? errorOf(state, closers, participants, exit) : null,
  };
}

/** A launch ends with the collector that made it, whichever other collectors have written here; a waiting attempt outlives it. */
function launchEnded(state: RunState, collectors: WriterState[], attempt: AttemptState | undefined): boolean {
  if (attempt?.starts_at) return false;
  const launcher = collectors.filter(({ writer }) => attempt?.launcher === undefined || writer === attempt.launcher);
  return launcher.some((writer) => writer.end !== null || isGone(state, writer));
}

function endStatus(
  state: RunState,
  closers: WriterState[],
  scripts: WriterState[],
  participants: WriterState[],
): 'completed' | 'failed' | 'killed' {
  const anyEndedAs = (writers: WriterState[], status: string): boolean =>
    writers.some(({ end }) => end?.status === status);
  if (closers.length === 0) {
    if (anyEndedAs(participants, 'failed') || participants.some((writer) => isGone(state, writer))) return 'failed';
    return anyEndedAs(participants, 'killed') ? 'killed' : 'completed';
  }
  if (anyEndedAs(scripts, 'failed')) return 'failed';
  if (anyEndedAs(closers, 'killed') || anyEndedAs(scripts, 'killed')) return 'killed';
  return anyEndedAs(closers, 'failed') || closers.some(({ end }) => isFailure(end!.exit)) ? 'failed' : 'completed';
}

function isFailure(exit: Exit | null): boolean {
  return exit !== null && ((exit.code !== undefined && exit.code !== 0) || exit.signal !== undefined);
}

function activeStatus(state: RunState, { scripts, supervisors }: Writers): Status {
  const waiting = [...scripts, ...supervisors].filter((writer) => writer.end === null && !isGone(state, writer));
  if (scripts.length + supervisors.length === 0) return 'queued';
  return waiting.every(isSilent) ? 'lost' : 'running';
}

function isSilent({ role, seen, lost }: WriterState): boolean {
  return role === 'import' ? lost === true : seen === 'silent';
}

function endedAt(state: RunState, writer: WriterState): number {
  if (writer.end) return writer.end.at;
  // A writer cannot have ended before its last event, whichever clock timed the end.
  return Math.max(lookUp(state.gone ?? {}, writer.writer)?.at ?? 0, writer.last ?? 0);
}

/** The first failure is the likely cause; in a distributed run the others follow from it. */
function errorOf(state: RunState, closers: WriterState[], participants: WriterState[], exit: Exit | null): RunError {
  const failed = [...participants, ...closers]
    .filter(({ end }) => end !== null && end.status !== 'completed' && end.error !== null)
    .sort((a, b) => rank(a) - rank(b) || a.end!.at - b.end!.at || compareText(a.writer, b.writer));
  if (failed[0]) return namedError(failed[0], participants);
  if (exit?.signal !== undefined) return { message: `The script was ended by ${exit.signal}.` };
  if (exit?.code !== undefined && exit.code !== 0) return { message: `The script exited with code ${exit.code}.` };
  if (exit?.reason !== undefined) return { message: exit.reason };
  // The worker that fell silent first is the likely cause, because the others waited for it.
  const [gone] = participants
    .filter((writer) => isGone(state, writer))
    .sort((a, b) => (a.last ?? 0) - (b.last ?? 0) || compareText(a.writer, b.writer));
  const reason = gone && lookUp(state.gone ?? {}, gone.writer)?.reason;
  return {
    message:
      reason ??
      (gone
        ? `The process of ${gone.worker} disappeared without reporting an end.`
        : 'The run failed without giving a reason.'),
  };
}

/** Adds the worker's name if there are several. */
function namedError(writer: WriterState, participants: WriterState[]): RunError {
  const error = writer.end!.error!;
  const others = new Set(participants.filter(isScript).map(({ worker }) => worker));
  if (!isScript(writer) || others.size < 2) return error;
  const { type, message, ...rest } = error;
  return { ...rest, message: [writer.worker, type, message].filter(Boolean).join(': ') };
}

function rank(writer: WriterState): number {
  return isScript(writer) ? 0 : writer.role === 'supervisor' ? 1 : 2;
}

const MAX_ERROR = 500;

/** Shortens a message to one line. */
function describe(error: RunError | null): string | null {
  if (!error) return null;
  const text =
    [error.type, error.message].filter(Boolean).join(': ') || error.traceback?.trim().split('\n').at(-1) || 'failed';
  const line = text.replace(/\s*\n\s*/g, ' ').trim();
  return line.length > MAX_ERROR ? `${line.slice(0, MAX_ERROR)}…` : line;
}

/** Sorts by worker (worker-2 before worker-10); of two writers with the same worker id, the one with the later event comes first. */
export function byWorker(writers: WriterState[]): WriterState[] {
  return [...writers].sort(
    (a, b) => compareWorkers(a.worker, b.worker) || (b.last ?? 0) - (a.last ?? 0) || compareText(a.writer, b.writer),
  );
}

export function compareWorkers(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true }) || compareText(a, b);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function firstOf(writers: WriterState[]): number | null {
  const times = writers.flatMap(({ first }) => (first === null ? [] : [first]));
  return times.length > 0 ? Math.min(...times) : null;
}
