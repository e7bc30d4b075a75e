/** The collector's JSON-RPC 2.0 API: one table of methods; requests are zod schemas, results types. */
import { z } from 'zod';
import { ALERT_LEVELS, COMMAND_TYPES, type Json } from './events';
import { isId, type PROTOCOL_VERSION } from './ids';
import type {
  DiskUsage,
  Launched,
  ListResult,
  LogLine,
  OutputChunk,
  RunDetail,
  RunRow,
  SeriesResult,
  StopResult,
  Task,
} from './rows';

const runId = z.string().refine(isId, 'not a valid run id: [A-Za-z0-9][A-Za-z0-9._-]{0,127}');
const json: z.ZodType<Json> = z.json();
const text = z.string().max(10_000);
const environment = z.record(z.string(), z.string());
/** A number of things to answer with: of more than `max` that many are given. */
function atMost(max: number) {
  return z
    .number()
    .int()
    .min(1)
    .transform((value) => Math.min(value, max));
}
const page = { offset: z.number().int().min(0).optional(), limit: atMost(10_000).optional() };

/** One run by `run_id`, or several by `run_ids`; after the check it is always `run_ids`. */
const runs = { run_id: runId.optional(), run_ids: z.array(runId).min(1).optional() };

interface NamedRuns {
  run_id?: string | undefined;
  run_ids?: string[] | undefined;
}

function asRunIds<T extends NamedRuns>(
  request: T,
  context: z.RefinementCtx,
): Omit<T, keyof NamedRuns> & { run_ids: string[] } {
  const { run_id, run_ids, ...rest } = request;
  const ids = run_ids ?? (run_id === undefined ? null : [run_id]);
  if (ids) return { ...rest, run_ids: ids };
  context.addIssue({ code: 'custom', message: 'expected run_id, or run_ids', path: ['run_id'] });
  return z.NEVER;
}

const list = z.object({
  filter: text.optional(),
  /** The runs in the trash instead of the others. */
  trash: z.boolean().optional(),
  sort: z
    .array(z.object({ by: text, desc: z.boolean().optional() }))
    .max(8)
    .optional(),
  /** Parts of a row to send; all when absent. `params` and `metrics` are the heavy ones. */
  fields: z.array(z.string()).optional(),
  /** Of more, as many as one reply holds: the cursor tells where to go on. */
  limit: atMost(10_000).optional(),
  cursor: z.string().optional(),
});

const series = z.object({
  run_id: runId,
  keys: z.array(z.string()).max(1000),
  x: z.enum(['step', 'epoch', 'relative', 'wall']),
  from: z.number().optional(),
  to: z.number().optional(),
  points: atMost(1_000_000),
  worker: z.string().optional(),
  aggregate: z.literal('mean').optional(),
  since: z.number().optional(),
});

const launch = z.object({
  target: z.union([
    z.object({ script: z.string().min(1) }),
    z.object({ module: z.string().min(1) }),
    z.object({ argv: z.array(z.string()).min(1) }),
  ]),
  interpreter: z.string().optional(),
  args: z.array(z.string()).optional(),
  cwd: z.string().min(1),
  env: environment,
  tty: z.boolean().optional(),
  name: text.optional(),
  experiment: text.optional(),
  tags: z.record(z.string(), z.string()).optional(),
  backend: z.string().optional(),
  /** Starting again by itself after a failure, from the last checkpoint, if one was logged since the last attempt. */
  recovery: z
    .object({
      policy: z.enum(['never', 'on-failure']),
      max_attempts: z.number().int().min(1).max(1000).optional(),
      backoff_s: z.number().min(0).max(86_400).optional(),
    })
    .optional(),
  /** So many processes of the script on one run, as torchrun starts them. */
  workers: z.number().int().min(1).max(256).optional(),
  /** The folder of debugpy: the script waits until a debugger attaches where `runs/<run_id>/debugger-<attempt>.json` says. */
  debugger: z.string().min(1).optional(),
});

const update = z
  .object({
    ...runs,
    name: text.optional(),
    notes: z.string().max(1_000_000).optional(),
    starred: z.boolean().optional(),
    tags: z.record(z.string(), z.string().nullable()).optional(),
    deleted: z.boolean().optional(),
  })
  .transform(asRunIds);

const command = z.object({
  run_id: runId,
  type: z.enum(COMMAND_TYPES),
  payload: json.optional(),
  worker: z.string().optional(),
});

const alertRule = z.object({
  name: text.optional(),
  when: text,
  hold_s: z.number().min(0).optional(),
  stop: z.boolean(),
  level: z.enum(ALERT_LEVELS),
});

export const JOURNAL_POLICIES = ['delete', 'gzip', 'keep'] as const;
/** What becomes of a run's journals when its database was sealed. */
export type JournalPolicy = (typeof JOURNAL_POLICIES)[number];

const startAgain = {
  run_id: runId,
  checkpoint: z.string().optional(),
  /** Whether a checkpoint may be used whose file was changed after it was logged. */
  changed_ok: z.boolean().optional(),
  env: environment.optional(),
  interpreter: z.string().optional(),
};

export const requests = {
  'collector.info': z.object({}),
  /** Of a window's settings; the last one that spoke counts. */
  'collector.configure': z.object({
    journals: z.enum(JOURNAL_POLICIES).optional(),
    /** After how many days runs go to the trash, and out of it, by themselves; null: never. */
    retention: z
      .object({ days: z.number().positive().nullable(), trash_days: z.number().positive().nullable() })
      .optional(),
    /** When to tell of a run, and whom besides the windows that show it. */
    alerts: z
      .object({
        rules: z.array(alertRule).max(100),
        webhook: z.object({ url: z.url({ protocol: /^https?$/ }), secret: z.string() }).nullable(),
      })
      .optional(),
  }),
  /** Saves and ends, so that a newer version may take its place. */
  'collector.handover': z.object({ version: z.string() }),
  'runs.list': list,
  'runs.get': z.object({ run_id: runId }),
  'runs.series': series,
  /** Of all that is no metric, or of these types. Offsets count events of all types. */
  'runs.events': z.object({ run_id: runId, ...page, types: z.array(text).min(1).max(20).optional() }),
  'runs.logs': z.object({ run_id: runId, ...page }),
  'runs.output': z.object({
    run_id: runId,
    worker: z.string().optional(),
    attempt: z.number().int().optional(),
    ...page,
    limit: atMost(4_000_000).optional(),
    /** Instead of an offset: what shows at the end, about so many bytes of it. */
    tail: atMost(4_000_000).optional(),
    /** Without what a progress bar wrote over itself. */
    collapse: z.boolean().optional(),
  }),
  'runs.update': update,
  /** To the trash; `restore` takes out of it. */
  'runs.delete': z.object({ ...runs, restore: z.boolean().optional() }).transform(asRunIds),
  /** For good, out of the trash. Runs are named one by one, so that no slip of a caller empties it. */
  'runs.purge': z.object({ ...runs, wait: z.boolean().optional() }).transform(asRunIds),
  'disk.usage': z.object({}),
  'runs.export': z
    .object({
      ...runs,
      format: z.enum(['csv', 'json', 'archive']),
      path: z.string().min(1),
      wait: z.boolean().optional(),
    })
    .transform(asRunIds),
  'runs.launch': launch,
  'runs.stop': z.object({ run_id: runId }),
  'runs.resume': z.object(startAgain),
  /** A new run of what this one ran. From a checkpoint ("last", "best", or its id) it is the run's child; else from the beginning. */
  'runs.again': z.object({
    ...startAgain,
    args: z.array(z.string()).optional(),
    name: text.optional(),
    tags: z.record(z.string(), z.string()).optional(),
  }),
  'runs.command': command,
  /** Typed into the terminal of a script that was launched with `tty`. */
  'runs.input': z.object({ run_id: runId, data: z.string().max(32_768), worker: runId.optional() }),
  'runs.rebuild': z.object({ wait: z.boolean().optional() }),
  'tasks.get': z.object({ task_id: z.string(), wait: z.boolean().optional() }),
  'tasks.cancel': z.object({ task_id: z.string() }),
  subscribe: z.object({ topics: z.array(z.string().max(300)).max(10_000) }),
} as const;

export type Method = keyof typeof requests;
export type Request<M extends Method> = z.input<(typeof requests)[M]>;
export type ListRequest = Request<'runs.list'>;
export type SeriesRequest = Request<'runs.series'>;
export type LaunchRequest = Request<'runs.launch'>;
export type ResumeRequest = Request<'runs.resume'>;
export type AgainRequest = Request<'runs.again'>;

export interface CollectorState {
  version: string;
  /** Content hash of the collector's bundle: tells two builds of one version apart. */
  build: string;
  protocol: typeof PROTOCOL_VERSION;
  dir: string;
  pid: number;
  /** Another host or process owns the databases, or the directory cannot be written: shows all, saves and launches nothing. */
  follower: string | null;
  active: number;
  backlog_bytes: number;
}

export interface Results {
  'collector.info': CollectorState;
  /** `problems`: rules that are not understood, and why. */
  'collector.configure': { ok: true; problems?: string[] };
  'collector.handover': { ok: true };
  'runs.list': ListResult;
  'runs.get': RunDetail;
  'runs.series': SeriesResult;
  'runs.events': { events: Json[]; next: number; total: number };
  'runs.logs': { lines: LogLine[]; next: number; total: number };
  'runs.output': OutputChunk;
  'runs.update': { rows: RunRow[] };
  'runs.delete': { run_ids: string[] };
  'runs.purge': Task;
  'disk.usage': DiskUsage;
  'runs.export': Task;
  'runs.launch': Launched;
  'runs.stop': StopResult;
  'runs.resume': Launched;
  'runs.again': Launched;
  'runs.command': { cmd_id: string };
  'runs.input': { ok: true };
  'runs.rebuild': Task;
  'tasks.get': Task;
  'tasks.cancel': Task;
  subscribe: { topics: string[] };
}

// In a file of their own, without zod, so that the extension host can make and tell them.
export { ApiError, userError, type RpcErrorData } from './apiError';
