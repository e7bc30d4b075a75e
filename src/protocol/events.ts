/**
 * Messages between a training script and the collector, in a journal or on a socket (XTrack protocol v1).
 * Payload fields are optional where an older or foreign client may leave them out; readers decide what a missing one means.
 */

/** JSON has no NaN or infinities, so they travel as these words (readers also accept the bare tokens). */
export type Num = number | 'NaN' | 'Infinity' | '-Infinity';
export type Json = null | boolean | number | string | Json[] | { [k: string]: Json };

export interface Meta {
  /** 1, 2, 3 … per writer; 0 is the journal head. (writer, seq) is an event's identity. */
  seq: number;
  /** Microseconds since the epoch, by the writer's clock. */
  ts: number;
  /** Worker id. */
  wid?: string;
  /** "file:line" of the logging call. */
  at?: string;
}

export interface Envelope {
  v: 1;
  t: string;
  m: Meta;
  p: Json;
  /** CRC-32 of the body's bytes before `,"k":`, eight hex digits. */
  k?: string;
}

/**
 * Identifies a process: a pid counts only if host, boot and pid namespace match ours. `start` is its start time in clock
 * ticks (Linux) or as `ps` prints it.
 */
export interface Proc {
  host: string;
  boot: string;
  pidns: string | null;
  pid: number;
  start: string;
}

export type Role = 'script' | 'supervisor' | 'collector' | 'user' | 'import';

/** Payload of a journal's first frame: t "journal", seq 0. */
export interface JournalHead {
  format: 1;
  run_id: string;
  worker: string;
  attempt: number;
  /** Random, unique to a process and run, and new after a fork. */
  writer: string;
  role: Role;
  proc: Proc;
  client: string;
  /** The writer of the process that this one was forked from. Such a child may end (os._exit) without a run_end, which is not a failure. */
  forked_from?: string;
  /** Marks the collector's copy of a journal that it cannot read; the writer itself does not append here. */
  copy?: true;
}

/** Where an imported run came from. Other facts from the source, such as its own word for the status, may be added. */
export interface Origin {
  /** The importer's name: "pylon", "tensorboard"… */
  kind: string;
  path: string;
  /** The run's name within the source. */
  id: string;
  [more: string]: Json;
}

export interface RunError {
  type?: string;
  message?: string;
  traceback?: string;
}

export interface Exit {
  code?: number;
  signal?: string;
  reason?: string;
}

/** t "run_start". @public */
export interface RunStart {
  run_id: string | { id: string; exp_id?: string | null; parent_id?: string | null };
  name?: string | null;
  tags?: Record<string, string>;
  source?: Source;
  env?: Json;
}

/** Where the run came from, including what a resume needs to start the script again. */
export interface Source {
  git_commit?: string | null;
  git_branch?: string | null;
  git_repo?: string | null;
  /** Unified diff of the dirty work tree, secrets redacted, at most 1 MB. */
  git_diff?: string | null;
  entrypoint?: string | null;
  code_hash?: string | null;
  /** The interpreter's path and the rest of the command line: [script | "-m", module…, ...args]. */
  interpreter?: string | null;
  argv?: string[];
  cwd?: string | null;
  /** Number of processes that the supervisor started for the run. */
  workers?: number | null;
  /** The folder that held `.xtrack`. Files logged below it are found again after the workspace is moved. */
  root?: string | null;
}

export interface RunEnd {
  run_id: string;
  status: 'completed' | 'failed' | 'killed';
  error?: RunError | null;
  final_metrics?: Record<string, Num>;
  duration_ms?: number;
  /** Written by supervisors, and by the collector for a process that disappeared. */
  exit?: Exit;
}

/** Events t "image", "histogram" and "table" have a `key`, and a `step` or an `epoch`, like metrics. */
export const MEDIA_TYPES = ['image', 'histogram', 'table'] as const;
export type MediaType = (typeof MEDIA_TYPES)[number];

/** The file's path: relative to the run's directory if it is in there, else as the script gave it. */
interface MediaFile {
  /** `media/<name>` */
  file?: string;
  path?: string;
  abspath?: string;
}

/** t "image". @public */
export interface LoggedImage extends MediaFile {
  run_id: string;
  key: string;
  step?: number;
  epoch?: number;
  caption?: string;
  width?: number;
  height?: number;
}

/** t "histogram": counts between edges; there is one more edge than counts. @public */
export interface LoggedHistogram {
  run_id: string;
  key: string;
  step?: number;
  epoch?: number;
  edges: number[];
  counts: number[];
  /** Number of values that were not finite. */
  bad?: number;
}

/** t "table": with its rows, or with a JSON file {columns, rows}. @public */
export interface LoggedTable extends MediaFile {
  run_id: string;
  key: string;
  step?: number;
  epoch?: number;
  columns: string[];
  rows?: Json[][];
  /** Number of rows before some were left out. */
  total?: number;
}

/** Written to the collector's journal of a run when a launch or resume is accepted: the request, without secrets. */
export interface Launch {
  run_id: string;
  attempt: number;
  argv: string[];
  interpreter: string | null;
  cwd: string;
  env: Record<string, string>;
  /** Names of variables that look like secrets; their values are never written down. */
  withheld?: string[];
  name?: string | null;
  experiment?: string | null;
  tags?: Record<string, string>;
  tty?: boolean;
  from_checkpoint?: string | null;
  /** The run that this one was forked from. */
  parent?: string | null;
  recovery?: Recovery | null;
  /** Processes that the supervisor starts, as torchrun does; 1 when absent. */
  workers?: number;
  /** Epoch ms until which the attempt waits; the launch is journaled again, without this field, when it begins. */
  starts_at?: number | null;
}

/** When a failed run is resumed automatically from its last checkpoint. */
export interface Recovery {
  policy: 'never' | 'on-failure';
  /** The most attempts, the first included, counted from `since` on. */
  max_attempts: number;
  /** Seconds before the second attempt, doubled before each further one. */
  backoff_s: number;
  /** The attempt that a person started last. */
  since: number;
}

export const ALERT_LEVELS = ['info', 'warning', 'error'] as const;
export type AlertLevel = (typeof ALERT_LEVELS)[number];

/** When to raise an alert about a run: on `nan`, `stalled`, `gpu idle`, or a query about its row. */
export interface AlertRule {
  name?: string | undefined;
  when: string;
  /** How long the condition has to hold; the default depends on the condition. */
  hold_s?: number | undefined;
  stop: boolean;
  level: AlertLevel;
}

/** t "stop", written by the collector: how far a stop has come. */
export interface StopRung {
  attempt: number;
  cmd_id: string;
  stage: 'command' | 'int' | 'term' | 'kill';
  next_at: number | null;
}

/** A user's edit in the UI, t "edit" in user-<writer>.xtj. Absent fields are left as they are; a tag of null is removed. */
export interface Edit {
  run_id: string;
  name?: string;
  notes?: string;
  starred?: boolean;
  tags?: Record<string, string | null>;
  deleted?: boolean;
}

export const COMMAND_TYPES = [
  'pause',
  'resume',
  'stop',
  'checkpoint_now',
  'update_params',
  'adjust_lr',
  'custom',
] as const;
export type CommandType = (typeof COMMAND_TYPES)[number];

/** t "command" in commands.xtj (appended by the collector alone). */
export interface Command {
  cmd_id: string;
  type: CommandType;
  payload: Json;
  /** All workers when absent. */
  worker?: string;
  /** The attempt it is meant for; a client ignores those of other attempts. */
  attempt?: number;
}

/** t "command_ack", written by the client into its own journal. @public */
export interface CommandAck {
  run_id: string;
  cmd_id: string;
  status: 'received' | 'done' | 'failed' | 'unsupported';
  error?: string;
}

// ---- sockets: t "hello", "welcome", "grown", "ack"; all with m.seq 0
export interface Hello {
  protocol: 1;
  token?: string;
  run_id: string;
  worker: string;
  attempt: number;
  writer: string;
  /** Base name of the client's own journal. */
  journal?: string;
  client: string;
  /** For the head of the collector's copy in stream mode; a client that omits them is a script on another machine. */
  role?: 'script' | 'supervisor';
  proc?: Proc;
}
export interface Welcome {
  protocol: 1;
  mode: 'journal' | 'stream';
  /** Last durable seq of this writer. */
  after: number;
}
/** Journal mode, at most 20/s. @public */
export interface Grown {
  offset: number;
}
export interface Ack {
  seq: number;
}
