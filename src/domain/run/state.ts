/**
 * The state of a run in the reducer: plain JSON, saved as a whole in run.sqlite. It has no points or log lines; the
 * reducer passes those to a sink (the store).
 */
import type { Exit, Json, Launch, Num, Origin, Proc, Role, RunError, Source, StopRung } from '../../protocol/events';
import type { SeqGaps } from './seqGaps';
import type { Alert, Artifact, Checkpoint, CommandState, MediaKey, Progress, Warning } from '../../protocol/rows';

/** One writer of a run: a journal file or a stream. */
export interface WriterState {
  writer: string;
  worker: string;
  attempt: number;
  role: Role;
  proc: Proc | null;
  client: string;
  /** The writer of the process that this one was forked from. This one is a helper, and its end does not end the training. */
  forked_from?: string;
  /** Highest seq accepted. */
  seq: number;
  /** Epoch ms of the writer's first and last event, by its own clock. */
  first: number | null;
  last: number | null;
  end: { status: 'completed' | 'failed' | 'killed'; error: RunError | null; exit: Exit | null; at: number } | null;
  /** The collector's latest observation of the process; it is never journaled as such. */
  seen: 'alive' | 'silent' | 'gone';
  phase: string | null;
  progress: Progress | null;
  /** The number of metrics logged, their highest step, and the time of the latest (epoch ms). */
  points?: number;
  step?: number;
  logged?: number;
  /** Sequence numbers below `seq` that are missing. */
  gaps?: SeqGaps;
  /** From this number on, further gaps were too many to be kept in `gaps`. */
  unclear?: number;
  /** Number of events that arrived again and changed nothing. */
  duplicates?: number;
  /** Only for an import: the position from which to continue reading its source. */
  position?: Json;
  /** Only for an import: its source reports the run as lost. */
  lost?: boolean;
}

/** Decides which writer sets a field: stamps are compared part by part and the greatest wins, so the order of reading does not matter. */
export type Stamp = [major: number, minor: number, ms: number, writer: string];

/** A process that a supervisor started. */
export interface StartedProcess {
  worker: string;
  attempt: number;
  proc: Proc;
  pgid: number | null;
}

export interface AttemptState {
  n: number;
  from_checkpoint: string | null;
  launched: number | null;
  stop_requested: number | null;
  /** The rung of the stop that is under way. */
  stop?: Omit<StopRung, 'attempt'>;
  /** When the waiting attempt will begin; null once it has begun. */
  starts_at?: number | null;
  /** The writer of the collector that started it, or that will. */
  launcher?: string;
}

export interface RunState {
  run_id: string;
  name: string | null;
  experiment: string | null;
  parent: string | null;
  created: number;
  params: Record<string, Json>;
  tags: Record<string, string>;
  source: Source;
  environment: Json;
  launch: Launch | null;
  /** By `worker/attempt/writer`. */
  writers: Record<string, WriterState>;
  attempts: AttemptState[];
  checkpoints: Checkpoint[];
  artifacts: Artifact[];
  /** Counts by type and key. */
  media?: Record<string, MediaKey>;
  commands: CommandState[];
  alerts?: Alert[];
  final_metrics: Record<string, Num>;
  /** From user journals; they win over values from the script. */
  user: { name: string | null; notes: string; starred: boolean; tags: Record<string, string | null>; deleted: boolean };
  warnings: Warning[];
  /** By the id of the supervisor's writer and the worker. */
  processes?: Record<string, StartedProcess>;
  /** By writer id: processes that the collector journaled as gone, and the last event it had from each. */
  gone?: Record<string, { at: number; reason: string; seq?: number }>;
  /** Of an imported run. */
  origin?: Origin;
  /** The workspace's folders at the times when something was logged. */
  roots?: string[];
  /** The stamps of fields that several writers may set. */
  stamps?: Record<string, Stamp>;
}

/** Takes everything that does not belong in the state. `writer` names the journal that logged it. */
export interface RunSink {
  /**
   * `value` may be NaN or ±Infinity; `ts` is in µs; `step` and `epoch` are null if absent; `at` is "file:line" of the
   * logging call, and `seq` the number of its event.
   */
  point(
    writer: WriterState,
    key: string,
    value: number,
    step: number | null,
    epoch: number | null,
    ts: number,
    at?: string,
    seq?: number,
  ): void;
  log(
    writer: WriterState,
    seq: number,
    ts: number,
    line: { level: string; message: string; logger: string | null; step: number | null; fields: Json },
  ): void;
}
