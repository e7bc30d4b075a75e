/** What is known of how a run was started, and of the processes that are to be signalled where it is to end. */
import { deriveStatus, isGone, isScript } from '../../domain/run/status';
import type { RunState } from '../../domain/run/state';
import type { RunRow } from '../../protocol/rows';
import { liveness } from '../files/processIdentity';
import type { LoadedRun } from './loadedRun';
import type { LaunchInfo, RunProcess } from '../contract/workerApi';

export function launchInfoOf(loaded: LoadedRun): LaunchInfo {
  const { runId: run_id, state, files } = loaded;
  const { status, attempt, starts_at } = deriveStatus(state);
  return {
    run_id,
    status,
    attempt,
    launch: state.launch && { ...state.launch, ...files.program(state.launch) },
    source: { ...state.source, ...files.program(state.source) },
    ranks: ranksOf(state, attempt),
    starts_at,
    stop: state.attempts.find(({ n }) => n === attempt)?.stop ?? null,
    began: Object.values(state.writers).some(
      (writer) => writer.attempt === attempt && (isScript(writer) || writer.role === 'supervisor'),
    ),
    checkpoints: loaded.detail().checkpoints,
    processes: processesOf(state, attempt),
  };
}

/** worker-0 to worker-N: what torchrun and its like start. Other workers were named by somebody. */
function ranksOf({ writers }: RunState, attempt: number): number {
  const scripts = Object.values(writers).filter((writer) => writer.attempt === attempt && isScript(writer));
  const names = new Set(scripts.map(({ worker }) => worker));
  return [...names].every((_, rank) => names.has(`worker-${rank}`)) ? names.size : 1;
}

/** Scripts first: who is signalled first ends first, and its supervisor tells how. */
function processesOf(state: RunState, attempt: number): RunProcess[] {
  const started = Object.values(state.processes ?? {}).filter((process) => process.attempt === attempt);
  const processes: RunProcess[] = started.map((process) => ({ ...process, role: 'script' }));
  const writers = Object.values(state.writers).filter(
    (writer) => writer.attempt === attempt && writer.end === null && !isGone(state, writer),
  );
  for (const { worker, proc, role } of [
    ...writers.filter(isScript),
    ...writers.filter((writer) => writer.role === 'supervisor'),
  ]) {
    if (!proc || proc.pid <= 0) continue;
    const isKnown = processes.some((known) => known.proc.pid === proc.pid && known.proc.start === proc.start);
    if (!isKnown) processes.push({ worker, attempt, role, proc, pgid: null });
  }
  return processes;
}

/** It ended by its script's word, while what its supervisor started goes on. */
export function isStillAlive({ state }: LoadedRun, { ended, attempt }: Pick<RunRow, 'ended' | 'attempt'>): boolean {
  return ended !== null && processesOf(state, attempt).some(isSupervised);
}

/** A supervisor, or what it started: it lives, and its last word is still to come. */
function isSupervised({ role, pgid, proc }: RunProcess): boolean {
  return (role === 'supervisor' || pgid !== null) && liveness(proc) === 'alive';
}
