/** The workers of a run: which there are, which are alive, and which have fallen behind. */
import type { RunDetail, WorkerTrouble } from '../../protocol/rows';
import type { RunState, WriterState } from './state';
import { compareWorkers, isGone, isScript } from './status';

/** A slow worker that logs at its usual pace is not behind. */
const PATIENCE_MS = 15_000;
const PATIENCE_POINTS = 5;

export function workersOf(state: RunState): string[] {
  const workers = new Set<string>();
  for (const writer of Object.values(state.writers)) if (isScript(writer)) workers.add(writer.worker);
  return [...workers].sort(compareWorkers);
}

/** One state for each worker, however many processes write for it; it is alive while any of them is. */
export function workerStates(state: RunState, scripts: WriterState[], isActive: boolean): RunDetail['worker_states'] {
  const states = new Map<string, RunDetail['worker_states'][number]>();
  for (const writer of scripts) {
    const known = states.get(writer.worker);
    const alive = isActive && writer.end === null && writer.seen === 'alive' && !isGone(state, writer);
    states.set(writer.worker, {
      id: writer.worker,
      alive: alive || known?.alive === true,
      last_seen: Math.max(Math.floor(writer.last ?? 0), known?.last_seen ?? 0),
    });
  }
  return [...states.values()];
}

/** Empty for a run with one worker, whose state is the run's. */
export function workerTroubles(state: RunState, attempt: number): WorkerTrouble[] {
  const workers = new Map<string, WriterState[]>();
  for (const writer of Object.values(state.writers)) {
    if (!isScript(writer) || writer.attempt !== attempt || writer.forked_from !== undefined) continue;
    workers.set(writer.worker, [...(workers.get(writer.worker) ?? []), writer]);
  }
  if (workers.size < 2) return [];
  const paces = new Map([...workers].map(([worker, writers]) => [worker, paceOf(writers)]));
  const first = [...paces.values()].reduce((a, b) => (b.step > a.step ? b : a));
  const now = Math.max(...[...paces.values()].map(({ logged }) => logged));
  return [...workers]
    .sort(([a], [b]) => compareWorkers(a, b))
    .flatMap(([worker, writers]): WorkerTrouble[] => {
      const ended = writers.every((writer) => writer.end !== null || isGone(state, writer));
      if (ended) {
        if (writers.some((writer) => writer.end?.status === 'completed')) return [];
        return [{ worker, kind: writers.some((writer) => writer.end !== null) ? 'failed' : 'gone' }];
      }
      const pace = paces.get(worker)!;
      const late = now - pace.logged > Math.max(PATIENCE_MS, PATIENCE_POINTS * pace.every);
      const steps = first.step - pace.step;
      return late && steps > 0 && Number.isFinite(steps) ? [{ worker, kind: 'behind', steps }] : [];
    });
}

interface Pace {
  step: number;
  /** Epoch ms of the latest metric. */
  logged: number;
  /** The usual time between two metrics, ms. */
  every: number;
}

function paceOf(writers: WriterState[]): Pace {
  const latest = writers.reduce((a, b) => ((b.logged ?? 0) > (a.logged ?? 0) ? b : a));
  const { step = -Infinity, logged = 0, points = 0, first } = latest;
  return { step, logged, every: points > 1 ? (logged - (first ?? logged)) / (points - 1) : 0 };
}
