/** Derives the row and the detail of a run. A user's edits win over values from the script. */
import type { Json, Num } from '../../protocol/events';
import type { Alert, Checkpoint, RunDetail, RunExtras, RunRow, Summary } from '../../protocol/rows';
import { byWorker, compareWorkers, deriveStatus, isScript, type DerivedStatus } from './status';
import type { RunState } from './state';
import { workersOf, workerStates, workerTroubles } from './workers';
import { lookUp, put } from '../safeRecord';

/** The row is kept apart from the rest of the detail, so that none of it can leak into a list. */
export interface DetailedRun extends RunExtras {
  row: RunRow;
}

export function runRow(state: RunState, summaries: Record<string, Summary>, rev: number): RunRow {
  return rowOf(state, deriveStatus(state), summaries, rev);
}

function rowOf(state: RunState, derived: DerivedStatus, summaries: Record<string, Summary>, rev: number): RunRow {
  return {
    run_id: state.run_id,
    name: nameOf(state),
    experiment: state.experiment,
    parent: state.parent,
    status: derived.status,
    phase: derived.phase,
    created: Math.floor(state.created),
    started: whole(derived.started),
    ended: whole(derived.ended),
    attempt: derived.attempt,
    workers: workersOf(state),
    progress: derived.progress,
    params: state.params,
    metrics: metricsOf(state, summaries),
    tags: tagsOf(state),
    starred: state.user.starred,
    error: derived.error,
    error_at: derived.error_at,
    checkpoints: state.checkpoints.length,
    artifacts: state.artifacts.length,
    starts_at: derived.starts_at,
    stop: derived.stop,
    troubles: derived.ended === null ? workerTroubles(state, derived.attempt) : [],
    alerts: state.alerts?.length ?? 0,
    alerted: whole(latestOf(state.alerts)),
    rev,
  };
}

/** Sorted by attempt, then by time. */
export function checkpointsOf(state: RunState): Checkpoint[] {
  return state.checkpoints
    .map((checkpoint) => ({ ...checkpoint, at: Math.floor(checkpoint.at) }))
    .sort((a, b) => a.attempt - b.attempt || a.at - b.at || compareWorkers(a.id, b.id));
}

export function runDetail(state: RunState, summaries: Record<string, Summary>, rev: number): DetailedRun {
  const derived = deriveStatus(state);
  const scripts = byWorker(Object.values(state.writers).filter(isScript));
  return {
    row: rowOf(state, derived, summaries, rev),
    notes: state.user.notes,
    checkpoints: checkpointsOf(state),
    artifacts: [...state.artifacts].sort((a, b) => (a.path < b.path ? -1 : 1)),
    media: Object.values(state.media ?? {}),
    attempts: derived.attempts.map((attempt) => ({
      ...attempt,
      started: Math.floor(attempt.started),
      ended: whole(attempt.ended),
    })),
    worker_states: workerStates(
      state,
      scripts.filter(({ attempt }) => attempt === derived.attempt),
      derived.ended === null,
    ),
    source: state.source as Json,
    launch: state.launch,
    environment: state.environment,
    traceback: derived.traceback,
    // An ack waits until its command has been read.
    commands: state.commands
      .filter(({ type }) => type !== '')
      .map((command) => ({ ...command, at: Math.floor(command.at) }))
      .sort((a, b) => a.at - b.at),
    alerts: (state.alerts ?? []).map((alert) => ({ ...alert, at: Math.floor(alert.at) })).sort((a, b) => a.at - b.at),
    warnings: state.warnings,
  };
}

/** The detail as `runs.get` returns it. */
export function flatDetail({ row, ...extras }: DetailedRun): RunDetail {
  return { ...row, ...extras };
}

function latestOf(alerts: readonly Alert[] = []): number | null {
  return alerts.length === 0 ? null : Math.max(...alerts.map(({ at }) => at));
}

function nameOf(state: RunState): string {
  return state.user.name ?? state.name ?? scriptName(state) ?? state.run_id;
}

function scriptName(state: RunState): string | null {
  const argv = state.source.argv ?? state.launch?.argv ?? [];
  const target = argv[0] === '-m' ? argv[1] : (state.source.entrypoint ?? argv[0]);
  const base = target?.split(/[\\/]/).at(-1);
  return base ? base.replace(/\.py$/, '') : null;
}

function tagsOf(state: RunState): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const [key, value] of Object.entries({ ...state.tags, ...state.user.tags }))
    if (value !== null) put(tags, key, value);
  return tags;
}

/** Includes final metrics that the script reported at its end but never logged as points. */
function metricsOf(state: RunState, summaries: Record<string, Summary>): Record<string, Summary> {
  const extra = Object.entries(state.final_metrics).filter(([key]) => lookUp(summaries, key) === undefined);
  if (extra.length === 0) return summaries;
  const all = { ...summaries };
  for (const [key, value] of extra) put(all, key, finalSummary(value));
  return all;
}

function finalSummary(last: Num): Summary {
  const finite = typeof last === 'number' ? last : null;
  return {
    last,
    last_x: 0,
    min: finite,
    min_x: finite === null ? null : 0,
    max: finite,
    max_x: finite === null ? null : 0,
    mean: finite,
    count: 0,
    nan: last === 'NaN' ? 1 : 0,
    inf: finite === null && last !== 'NaN' ? 1 : 0,
  };
}

function whole(ms: number | null): number | null {
  return ms === null ? null : Math.floor(ms);
}
