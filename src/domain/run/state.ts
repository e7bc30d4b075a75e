/**
 * A run as the reducer knows it: plain JSON, saved whole in run.sqlite. Points and log lines are not in it: the
 * reducer hands them to a sink (the store).
 */
import type { Exit, Json, Launch, Num, Origin, Proc, Role, RunError, Source, StopRung } from '../../protocol/events';
import type { SeqGaps } from './seqGaps';
import type { Alert, Artifact, Checkpoint, CommandState, MediaKey, Progress, Warning } from '../../protocol/rows';

/** One writing process of a run: a journal file, or a stream. */
export interface WriterState {
  writer: string;
  worker: string;
  attempt: number;
  role: Role;
  proc: Proc | null;
  client: string;
  /** The writer of the process that this one was forked from: a helper of it, whose end is not the training's. */
  forked_from?: string;
  /** Highest seq accepted. */
  seq: number;
  /** Epoch ms of its first and last event, by its own clock. */
  first: number | null;
  last: number | null;
  end: { status: 'completed' | 'failed' | 'killed'; error: RunError | null; exit: Exit | null; at: number } | null;
  /** What the collector last observed of its process; never journaled as such. */
  seen: 'alive' | 'silent' | 'gone';
  phase: string | null;
  progress: Progress | null;
  /** How many metrics it logged, the highest step of one, and when the latest was (epoch ms). */
  points?: number;
  step?: number;
  logged?: number;
  /** What is missing below it. */
  gaps?: SeqGaps;
  /** From here on there were gaps that are not in `gaps`: there were too many. */
  unclear?: number;
  /** Events that came again; they changed nothing. */
  duplicates?: number;
  /** Of an import: from where its source is to be read on. */
  position?: Json;
  /** Of an import: its source says that nothing is heard of the run. */
  lost?: boolean;
}

/** Whose word a field is: compared part by part, the greatest wins, so that the order of reading does not matter. */
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
  /** Until when it waits; null once it began. */
  starts_at?: number | null;
  /** The collector that started it, or that will. */
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
  /** How many there are, by type and key. */
  media?: Record<string, MediaKey>;
  commands: CommandState[];
  alerts?: Alert[];
  final_metrics: Record<string, Num>;
  /** From user journals; they win over what the script said. */
  user: { name: string | null; notes: string; starred: boolean; tags: Record<string, string | null>; deleted: boolean };
  warnings: Warning[];
  /** By id of the supervisor's writer, and the worker. */
  processes?: Record<string, StartedProcess>;
  /** By writer id: processes that the collector journaled as gone, and the last event that it had of them. */
  gone?: Record<string, { at: number; reason: string; seq?: number }>;
  /** Of an imported run. */
  origin?: Origin;
  /** Folders in which its workspace was when something was logged. */
  roots?: string[];
  /** Of fields that several writers may set. */
  stamps?: Record<string, Stamp>;
}

/** Where the reducer sends what does not belong in the state. `writer` names the journal that logged it. */
export interface RunSink {
  /**
   * value may be NaN or ±Infinity; ts in µs; step and epoch null when not given; `at` is "file:line" of the logging call,
   * seq the number of its event.
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
