/** How a run was started, and which processes are to be signalled to stop it. */
import { deriveStatus, isGone, isImported, isScript } from '../../domain/run/status';
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
    imported: isImported(state, attempt),
    began: Object.values(state.writers).some(
      (writer) => writer.attempt === attempt && (isScript(writer) || writer.role === 'supervisor'),
    ),
    checkpoints: loaded.checkpoints(),
    processes: processesOf(state, attempt),
  };
}

/** Counts workers named worker-0 to worker-N, as torchrun and similar launchers name them; 1 if any has another name. */
function ranksOf({ writers }: RunState, attempt: number): number {
  const scripts = Object.values(writers).filter((writer) => writer.attempt === attempt && isScript(writer));
  const names = new Set(scripts.map(({ worker }) => worker));
  return [...names].every((_, rank) => names.has(`worker-${rank}`)) ? names.size : 1;
}

/** Lists scripts first: they should end before their supervisors, which then report how they ended. */
function processesOf(state: RunState, attempt: number): RunProcess[] {
  const started = Object.values(state.processes ?? {}).filter((process) => process.attempt === attempt);
  const processes: RunProcess[] = started.map((process) => ({ ...process, role: 'script' }));
  const writers = Object.values(state.writers).filter(
    (writer) => writer.attempt === attempt && writer.end === null && !isGone(state, writer),
  );
  for (const { worker, proc, role } of [
    // The process that imported a run did not train it.
    ...writers.filter((writer) => writer.role === 'script'),
    ...writers.filter((writer) => writer.role === 'supervisor'),
  ]) {
    if (!proc || proc.pid <= 0) continue;
    const isKnown = processes.some((known) => known.proc.pid === proc.pid && known.proc.start === proc.start);
    if (!isKnown) processes.push({ worker, attempt, role, proc, pgid: null });
  }
  return processes;
}

/** True if the script reported its end while a process that its supervisor started is still alive. */
export function isStillAlive({ state }: LoadedRun, { ended, attempt }: Pick<RunRow, 'ended' | 'attempt'>): boolean {
  return ended !== null && processesOf(state, attempt).some(isSupervised);
}

/** True if this is a living supervisor, or a living process that one started. */
function isSupervised({ role, pgid, proc }: RunProcess): boolean {
  return (role === 'supervisor' || pgid !== null) && liveness(proc) === 'alive';
}
