/** Shapes of the collector's answers, as the tree, charts, tables, dashboards and scripts read them. */
import type { Text } from '../base/texts';
import type { AlertLevel, Exit, Json, Launch, MediaType, Num, Origin } from './events';

export const STATUSES = ['queued', 'running', 'lost', 'completed', 'failed', 'killed', 'cancelled'] as const;
export type Status = (typeof STATUSES)[number];

/** The summary of one metric over all workers, without superseded points; min, max and mean cover finite values. */
export interface Summary {
  last: Num;
  last_x: number;
  min: number | null;
  min_x: number | null;
  max: number | null;
  max_x: number | null;
  mean: number | null;
  count: number;
  nan: number;
  inf: number;
}

export interface Progress {
  cur: number;
  total: number | null;
  unit: string;
}

export interface SourceLine {
  file: string;
  line: number;
}

/** A worker that the rest of the run goes on without: its process is gone, it reported a failure, or it is steps behind the first. */
export interface WorkerTrouble {
  worker: string;
  kind: 'gone' | 'failed' | 'behind';
  steps?: number;
}

/** A run in lists. Times are epoch milliseconds. */
export interface RunRow {
  run_id: string;
  name: string;
  experiment: string | null;
  parent: string | null;
  status: Status;
  phase: string | null;
  created: number;
  started: number | null;
  ended: number | null;
  attempt: number;
  workers: string[];
  progress: Progress | null;
  params: Record<string, Json>;
  metrics: Record<string, Summary>;
  tags: Record<string, string>;
  starred: boolean;
  error: string | null;
  /** The innermost frame of the user's own code in the failure's traceback. */
  error_at: SourceLine | null;
  checkpoints: number;
  artifacts: number;
  /** Bytes of its directory: journals, database, output. Absent until they have been counted. */
  size?: number;
  /** Bytes of its checkpoints and artifacts in the workspace. */
  files_size?: number;
  /** When it was moved to the trash. */
  trashed?: number;
  /** When a waiting attempt will begin. */
  starts_at?: number | null;
  /** The script reported its end, but its process or its supervisor is still alive. */
  lives?: boolean;
  /** How far a stop has come, whoever requested it. */
  stop?: StopResult | null;
  /** Only for an active run with several workers. */
  troubles?: WorkerTrouble[];
  /** The number of alerts, and the time of the latest. */
  alerts?: number;
  alerted?: number | null;
  rev: number;
}

export interface ListResult {
  rows: RunRow[];
  total: number;
  cursor: string | null;
  backlog_bytes: number;
}

/** `path` is as it was logged; `file` is its current absolute path, even if the workspace was moved. */
export interface Checkpoint {
  id: string;
  path: string;
  file?: string;
  exists: boolean | null;
  step: number | null;
  epoch: number | null;
  metrics: Record<string, Num>;
  is_best: boolean;
  attempt: number;
  at: number;
  worker?: string;
  /** The file's size in bytes, and the epoch ms of its last change, when it was logged. */
  size?: number | null;
  modified?: number | null;
}

export interface Artifact {
  path: string;
  file?: string;
  exists?: boolean | null;
  type: string;
  name: string;
  size: number | null;
  sha256: string | null;
}

export interface Attempt {
  n: number;
  from_checkpoint: string | null;
  started: number;
  ended: number | null;
  exit: Exit | null;
}

export interface Warning {
  code: string;
  message: string;
  file?: string;
  offset?: number;
  count: number;
}

/** Raised by a script, or by a user's rule whose condition was met. */
export interface Alert {
  id: string;
  at: number;
  level: AlertLevel;
  title: string;
  text: string;
  attempt: number;
  worker: string;
  /** The rule's condition. */
  rule?: string;
  /** How long the condition had to hold, if the rule specifies it. */
  hold_s?: number;
  /** Whether the alert stops the run. */
  stops?: boolean;
}

/** Images, histograms or tables of one key. */
export interface MediaKey {
  type: MediaType;
  key: string;
  count: number;
}

/** A command, with the acks of each worker. */
export interface CommandState {
  cmd_id: string;
  type: string;
  at: number;
  acks: { worker: string; status: string; error?: string }[];
}

/** A line of code that logged points of a metric. */
export interface MetricSite {
  key: string;
  /** Relative to the script's working directory if it is below it, else absolute. */
  file: string;
  line: number;
  /** Number of points, over all workers and attempts. */
  count: number;
  /** SHA-256 of the file's first 10 MB as it was when the run started; null where the client recorded none. */
  code_hash: string | null;
}

/** What a run's detail has beyond its row. `checkpoints`, `artifacts` and `alerts` are counts in a row. */
export interface RunExtras {
  notes: string;
  checkpoints: Checkpoint[];
  artifacts: Artifact[];
  media: MediaKey[];
  attempts: Attempt[];
  worker_states: { id: string; alive: boolean; last_seen: number }[];
  /** Its current working directory, even if the workspace was moved. */
  cwd?: string | null;
  source: Json;
  /** Its latest launch, if it was launched by a collector. */
  launch?: Launch | null;
  environment: Json;
  traceback: string | null;
  commands: CommandState[];
  alerts: Alert[];
  warnings: Warning[];
  /** Which line logged which metric, by key, file and line. Points whose line is not known are not included. */
  sites?: MetricSite[];
  /** Only for an imported run. */
  origin?: Origin;
}

// Only rows have sizes, because sizes change all the time while the rest of the run stays the same.
export interface RunDetail
  extends Omit<RunRow, 'checkpoints' | 'artifacts' | 'alerts' | 'size' | 'files_size'>, RunExtras {}

export const SERIES_COLUMNS = ['x', 'first', 'last', 'min', 'max', 'n'] as const;
export type SeriesColumn = (typeof SERIES_COLUMNS)[number];

/**
 * Arrays of equal length. `x` belongs to a bucket's first point: step (or epoch, or ordinal), seconds since the run
 * started (relative), or epoch milliseconds (wall).
 */
interface SeriesColumns {
  x: number[];
  first: Num[];
  last: Num[];
  min: (number | null)[];
  max: (number | null)[];
  n: number[];
}

/** One metric key of one worker, in at most `points` buckets, with the requested columns. */
export type SeriesOf<Columns extends SeriesColumn> = Pick<SeriesColumns, Columns> & {
  run_id: string;
  key: string;
  worker: string;
  bad: { x: number; kind: 'nan' | 'inf' | '-inf' }[];
  /** Every bucket holds one point. */
  exact: boolean;
  rev: number;
  /** Only with `since`: these buckets replace all earlier ones from this x on. If absent, this is a whole snapshot. */
  tail_from?: number;
};
export type Series = SeriesOf<SeriesColumn>;

export interface SeriesResult {
  series: Series[];
}

/** The disk usage of one `.xtrack` directory, in bytes. */
export interface DiskUsage {
  runs: number;
  size: number;
  files_size: number;
  trash: { runs: number; size: number };
  /** The catalog and everything else that belongs to no run. */
  other: number;
  /** False while runs are still being counted; the caller has to ask again. */
  complete: boolean;
}

export interface LogLine {
  seq: number;
  worker: string;
  at: number;
  level: string;
  message: string;
  logger: string | null;
  step: number | null;
  fields: Json;
}

export interface OutputChunk {
  /** The console logs that exist, one for each worker and attempt. */
  files: { worker: string; attempt: number; size: number }[];
  worker: string | null;
  attempt: number | null;
  /** Base64. */
  data: string;
  /** Where `data` begins: later than requested if that part of the log was discarded, and at the end of a log that was truncated. */
  offset: number;
  next: number;
  size: number;
}

export interface Launched {
  run_id: string;
  attempt: number;
  status: 'queued' | 'running';
}

export interface StopResult {
  stage: 'command' | 'int' | 'term' | 'kill' | 'ended';
  /** Epoch ms of the next rung of the ladder. */
  next_at: number | null;
}

export interface Task {
  task_id: string;
  state: 'running' | 'done' | 'failed' | 'cancelled';
  done: number;
  total: number | null;
  message: string;
  /** The message as a text, which is translated where it is shown. */
  text?: Text;
  result?: Json;
}

export interface Changed {
  topic: 'runs' | `run:${string}` | `series:${string}` | 'tasks' | 'models';
  rev: number;
  run_ids?: string[];
}
