/** Applies every event except metrics to a run's state. */
import { ALERT_LEVELS, type Edit, type Launch, MEDIA_TYPES, type Origin, type Role } from '../../protocol/events';
import type { CommandState } from '../../protocol/rows';
import { isRecord } from '../../base/unknown';
import {
  errorOf,
  exitOf,
  finiteOf,
  jsonOf,
  metricsOf,
  procOf,
  shortKey,
  textOf,
  wordOf,
  type Fields,
} from '../payload';
import { LAUNCH, rankOf, setEnvironment, setIdentity, setSource, type Speech, wins } from './fields';
import type { AttemptState, RunSink, RunState, WriterState } from './state';
import { warn } from './warnings';
import { lookUp, put } from '../safeRecord';

export interface RareEvent {
  t: string;
  seq: number;
  ts: number;
  payload: Fields;
}

interface Context extends Speech {
  event: RareEvent;
  sink: RunSink;
}

type Handler = (payload: Fields, context: Context) => void;

const MAX_LISTED = 10_000;
const MAX_ALERTS = 1000;
export const MAX_TITLE = 200;

const fromTraining: Record<string, Handler> = {
  run_start: runStart,
  run_end: runEnd,
  param,
  artifact,
  image: media,
  histogram: media,
  table: media,
  checkpoint,
  status,
  log,
  alert,
  command_ack: commandAck,
  source: sourceEvent,
  process: processEvent,
};

const HANDLERS: Record<Role, Record<string, Handler>> = {
  script: fromTraining,
  import: { ...fromTraining, import: imported, status: importedStatus },
  supervisor: fromTraining,
  collector: { launch, command, stop: stopRung, note, alert, run_end: collectorEnd },
  user: { edit },
};

export function applyRareEvent(state: RunState, writer: WriterState, event: RareEvent, sink: RunSink): void {
  const handlers = HANDLERS[writer.role];
  const handler = lookUp(handlers, event.t);
  if (handler) return handler(event.payload, { state, writer, event, sink });
  const name = JSON.stringify(event.t.slice(0, 50));
  warn(state, 'unknown_event', `This version does not know events such as ${name} from the ${writer.role}.`, writer);
}

function attemptOf(state: RunState, n: number): AttemptState {
  let attempt = state.attempts.find((known) => known.n === n);
  if (!attempt) {
    attempt = { n, from_checkpoint: null, launched: null, stop_requested: null };
    state.attempts.push(attempt);
  }
  return attempt;
}

const earliest = (a: number | null, b: number): number => (a === null ? b : Math.min(a, b));

// ---- script and supervisor

function runStart(payload: Fields, context: Context): void {
  const { state, writer } = context;
  const id = payload['run_id'];
  const ids = isRecord(id) ? id : {};
  if (typeof ids['id'] === 'string' && ids['id'] !== state.run_id)
    return warn(
      state,
      'wrong_run',
      'Events of another run were found in this run’s journals; they were skipped.',
      writer,
    );
  attemptOf(state, writer.attempt);
  const identity = {
    name: payload['name'],
    experiment: ids['exp_id'] ?? payload['experiment_id'] ?? payload['experiment'],
    parent: ids['parent_id'] ?? payload['parent_id'],
    tags: payload['tags'],
  };
  setIdentity(context, rankOf(writer), identity, writer.attempt);
  setSource(context, payload['source']);
  setEnvironment(context, payload['env'] ?? payload['environment']);
}

function sourceEvent(payload: Fields, context: Context): void {
  setSource(context, payload['source'] ?? payload);
  setEnvironment(context, payload['env'] ?? payload['environment']);
}

function processEvent(payload: Fields, context: Context): void {
  const { state, writer } = context;
  const proc = procOf(payload['proc']);
  if (!proc) return warn(state, 'bad_event', 'A process event without a process was skipped.', writer);
  const worker = wordOf(payload['worker']) ?? writer.worker;
  const pgid = finiteOf(payload['pgid']);
  put((state.processes ??= {}), `${writer.writer}/${worker}`, { worker, attempt: writer.attempt, proc, pgid });
}

function runEnd(payload: Fields, context: Context): void {
  const { state, writer, event } = context;
  if (writer.end !== null)
    return warn(state, 'second_end', `${writer.worker} ended twice; the first time counts.`, writer);
  const stated = payload['status'];
  const error = errorOf(payload['error']);
  const status =
    stated === 'completed' || stated === 'failed' || stated === 'killed' ? stated : error ? 'failed' : 'completed';
  if (status !== stated)
    warn(state, 'bad_status', `${writer.worker} ended without a known status, so ${status} is assumed.`, writer);
  writer.end = { status, error, exit: exitOf(payload['exit']), at: Math.max(event.ts / 1000, writer.last ?? 0) };
  for (const [key, value] of Object.entries(metricsOf(payload['final_metrics'])))
    if (wins(context, `final ${key}`, writer.attempt, 0)) put(state.final_metrics, key, value);
}

/** The rank of worker-3 is 3; workers without a rank come after all ranks. */
function rankNumber(worker: string): number {
  const digits = /^worker-(\d{1,9})$/.exec(worker)?.[1];
  return digits === undefined ? 1e9 : Number(digits);
}

function param(payload: Fields, context: Context): void {
  const { state, writer } = context;
  const { key, value, nested_key: nested } = payload;
  const parts: unknown[] = [key, nested ?? []].flat();
  if (
    !parts.every((part) => (typeof part === 'string' && part !== '') || typeof part === 'number') ||
    value === undefined
  )
    return warn(state, 'bad_param', 'A param without a key or value was skipped.', writer);
  const full = shortKey(parts.join('.'));
  // Of a distributed run, rank 0 speaks for all.
  if (wins(context, `param ${full}`, writer.attempt, -rankNumber(writer.worker)))
    put(state.params, full, jsonOf(value));
}

function checkpoint(payload: Fields, context: Context): void {
  const { state, writer, event } = context;
  const path = wordOf(payload['path']);
  if (path === null) return warn(state, 'bad_checkpoint', 'A checkpoint without a path was skipped.', writer);
  if (state.checkpoints.length >= MAX_LISTED)
    return warn(state, 'many_checkpoints', `Only ${MAX_LISTED} checkpoints of a run are listed.`, writer);
  state.checkpoints.push({
    id: `${writer.writer}-${event.seq}`,
    path,
    ...fileOf(payload),
    exists: null,
    step: finiteOf(payload['step']),
    epoch: finiteOf(payload['epoch']),
    metrics: metricsOf(payload['metrics'] ?? payload['metrics_snapshot']),
    is_best: payload['is_best'] === true,
    attempt: writer.attempt,
    at: event.ts / 1000,
    worker: writer.worker,
    size: finiteOf(payload['size']),
    modified: finiteOf(payload['modified']),
  });
}

/** The absolute path if the script gave one; a foreign client gives `path` alone. */
function fileOf(payload: Fields): { file?: string } {
  const file = wordOf(payload['abspath']);
  return file === null ? {} : { file };
}

function artifact(payload: Fields, context: Context): void {
  const { state, writer } = context;
  const path = wordOf(payload['path']);
  if (path === null) return warn(state, 'bad_artifact', 'An artifact without a path was skipped.', writer);
  if (!wins(context, `artifact ${path}`, writer.attempt, 0)) return;
  const size = finiteOf(payload['size'] ?? payload['size_bytes']);
  const found = {
    path,
    ...fileOf(payload),
    type: wordOf(payload['type'] ?? payload['artifact_type']) ?? 'other',
    name: wordOf(payload['name']) ?? path.split(/[\\/]/).at(-1)!,
    size,
    sha256: wordOf(payload['checksum'] ?? payload['sha256']),
  };
  const at = state.artifacts.findIndex((known) => known.path === path);
  if (at >= 0) state.artifacts[at] = found;
  else if (state.artifacts.length < MAX_LISTED) state.artifacts.push(found);
  else warn(state, 'many_artifacts', `Only ${MAX_LISTED} artifacts of a run are listed.`, writer);
}

/** The state only counts media; their content stays in the events. */
function media(payload: Fields, { state, writer, event }: Context): void {
  const key = wordOf(payload['key']);
  const type = MEDIA_TYPES.find((known) => known === event.t);
  if (key === null || type === undefined)
    return warn(state, 'bad_media', `A logged ${event.t} without a key was skipped.`, writer);
  const all = (state.media ??= {});
  const short = shortKey(key);
  const known = lookUp(all, `${type} ${short}`);
  if (known) known.count++;
  else if (Object.keys(all).length < MAX_LISTED) put(all, `${type} ${short}`, { type, key: short, count: 1 });
  else
    warn(state, 'many_media', `Only ${MAX_LISTED} keys of images, histograms and tables of a run are listed.`, writer);
}

const ENDINGS = new Set(['completed', 'failed', 'killed']);

function status(payload: Fields, context: Context): void {
  const { state, writer } = context;
  const phase = wordOf(payload['status']);
  if (phase === null) warn(state, 'bad_status', 'An empty status was skipped.', writer);
  // "running" is not a phase, and only `run_end` ends a run.
  else if (phase === 'running') writer.phase = null;
  else if (!ENDINGS.has(phase)) writer.phase = phase.slice(0, 100);
  const progress = payload['progress'];
  if (progress === undefined || progress === null) return;
  const parts = isRecord(progress) ? progress : {};
  const cur = finiteOf(parts['cur'] ?? parts['current']);
  if (cur === null) return warn(state, 'bad_progress', 'A progress event without a number was skipped.', writer);
  writer.progress = { cur, total: finiteOf(parts['total']), unit: (wordOf(parts['unit']) ?? 'steps').slice(0, 50) };
}

/** The processes of an imported run cannot be observed, so its source reports that it is lost. */
function importedStatus(payload: Fields, context: Context): void {
  const isLost = payload['status'] === 'lost';
  if (isLost) context.writer.lost = true;
  else delete context.writer.lost;
  status(isLost ? { ...payload, status: 'running' } : payload, context);
}

/** Ends each batch of an import. */
function imported(payload: Fields, context: Context): void {
  const { state, writer } = context;
  const { origin, position } = payload;
  writer.position = jsonOf(position);
  const isOrigin = isRecord(origin) && ['kind', 'path', 'id'].every((name) => typeof origin[name] === 'string');
  if (!isOrigin) return warn(state, 'bad_event', 'An import that does not say where it came from was skipped.', writer);
  if (wins(context, 'origin', writer.attempt, 0)) state.origin = jsonOf(origin) as Origin;
}

function log(payload: Fields, context: Context): void {
  const { writer, event, sink } = context;
  const message = payload['msg'] ?? payload['message'];
  sink.log(writer, event.seq, event.ts, {
    level: (wordOf(payload['level']) ?? 'info').toLowerCase().slice(0, 20),
    message: textOf(message) ?? JSON.stringify(message ?? ''),
    logger: wordOf(payload['logger']),
    step: finiteOf(payload['step']),
    fields: jsonOf(payload['fields']),
  });
}

/** An alert is also a line of the log. */
function alert(payload: Fields, context: Context): void {
  const { state, writer, event, sink } = context;
  const title = wordOf(payload['title'])?.slice(0, MAX_TITLE);
  if (title === undefined) return warn(state, 'bad_alert', 'An alert without a title was skipped.', writer);
  const text = textOf(payload['text']) ?? '';
  const level = ALERT_LEVELS.find((known) => known === payload['level']) ?? 'warning';
  const message = text === '' ? title : `${title}: ${text}`;
  sink.log(writer, event.seq, event.ts, { level, message, logger: 'alert', step: null, fields: null });
  const alerts = (state.alerts ??= []);
  if (alerts.length >= MAX_ALERTS)
    return warn(
      state,
      'many_alerts',
      `Only ${MAX_ALERTS} alerts of a run are listed; its log has all of them.`,
      writer,
    );
  const rule = writer.role === 'collector' ? wordOf(payload['rule']) : null;
  const hold_s = finiteOf(payload['hold_s']);
  alerts.push({
    id: `${writer.writer}-${event.seq}`,
    at: event.ts / 1000,
    level,
    title,
    text: text.slice(0, 10_000),
    attempt: writer.attempt,
    worker: writer.worker,
    ...(rule !== null && { rule, stops: payload['stops'] === true, ...(hold_s !== null && { hold_s }) }),
  });
}

// ---- commands: a command and its acks are in different journals, which are read in any order

function commandOf(state: RunState, id: string): CommandState {
  let known = state.commands.find((one) => one.cmd_id === id);
  if (!known) {
    known = { cmd_id: id, type: '', at: 0, acks: [] };
    state.commands.push(known);
  }
  return known;
}

function command(payload: Fields, context: Context): void {
  const { state, writer, event } = context;
  const id = wordOf(payload['cmd_id']);
  const type = wordOf(payload['type']);
  if (id === null || type === null)
    return warn(state, 'bad_command', 'A command without an id or type was skipped.', writer);
  const known = commandOf(state, id);
  known.type = type;
  known.at = event.ts / 1000;
  if (type !== 'stop') return;
  const attempt = attemptOf(state, finiteOf(payload['attempt']) ?? writer.attempt);
  attempt.stop_requested = earliest(attempt.stop_requested, known.at);
}

const ACKS = ['received', 'done', 'failed', 'unsupported'];

function commandAck(payload: Fields, context: Context): void {
  const { state, writer } = context;
  const id = wordOf(payload['cmd_id']);
  const rank = ACKS.indexOf(wordOf(payload['status']) ?? '');
  if (id === null || rank < 0) return warn(state, 'bad_command', 'An ack without an id or status was skipped.', writer);
  const { acks } = commandOf(state, id);
  const error = wordOf(payload['error']);
  const ack = { worker: writer.worker, status: ACKS[rank]!, ...(error === null ? {} : { error }) };
  const at = acks.findIndex((known) => known.worker === writer.worker);
  if (at < 0) acks.push(ack);
  else if (rank > ACKS.indexOf(acks[at]!.status)) acks[at] = ack;
}

// ---- collector and user

function launch(payload: Fields, context: Context): void {
  const { state, writer, event } = context;
  const n = finiteOf(payload['attempt']) ?? writer.attempt;
  const attempt = attemptOf(state, n);
  attempt.launched = earliest(attempt.launched, event.ts / 1000);
  const from = wordOf(payload['from_checkpoint']);
  if (from !== null) attempt.from_checkpoint = from;
  if (wins(context, `begin ${n}`, n, 0)) {
    attempt.starts_at = finiteOf(payload['starts_at']);
    attempt.launcher = writer.writer;
  }
  setIdentity(context, LAUNCH, payload, n);
  if (wins(context, 'launch', n, 0)) state.launch = payload as unknown as Launch;
}

const STAGES = ['command', 'int', 'term', 'kill'] as const;

function stopRung(payload: Fields, context: Context): void {
  const stage = STAGES.findIndex((known) => known === payload['stage']);
  const n = finiteOf(payload['attempt']) ?? context.writer.attempt;
  if (stage < 0 || !wins(context, `stop ${n}`, n, stage)) return;
  attemptOf(context.state, n).stop = {
    stage: STAGES[stage]!,
    next_at: finiteOf(payload['next_at']),
    cmd_id: wordOf(payload['cmd_id']) ?? '',
  };
}

/** Records what the collector could not do, or noticed, and what a person should know. */
function note(payload: Fields, { state, writer }: Context): void {
  const message = wordOf(payload['message']);
  if (message !== null) warn(state, wordOf(payload['code']) ?? 'note', message, writer);
}

/** With `writer` it is about one process that disappeared, else about the whole attempt (a launch that failed). */
function collectorEnd(payload: Fields, context: Context): void {
  const target = payload['writer'];
  if (typeof target !== 'string') return runEnd(payload, context);
  const { state, event } = context;
  const at = event.ts / 1000;
  const reason = errorOf(payload['error'])?.message ?? exitOf(payload['exit'])?.reason ?? 'the process is gone';
  const seq = finiteOf(payload['seq']);
  const gone = (state.gone ??= {});
  const known = lookUp(gone, target);
  const [heard, before] = [seq ?? -1, known?.seq ?? -1];
  if (known && (heard < before || (heard === before && at >= known.at))) return;
  put(gone, target, { at, reason, ...(seq !== null && { seq }) });
}

function edit(payload: Fields, context: Context): void {
  const { user } = context.state;
  const { name, notes, starred, tags, deleted }: { [K in keyof Edit]?: unknown } = payload;
  if (typeof name === 'string' && wins(context, 'user name', 0, 0)) user.name = wordOf(name);
  if (typeof notes === 'string' && wins(context, 'user notes', 0, 0)) user.notes = textOf(notes) ?? '';
  if (typeof starred === 'boolean' && wins(context, 'user starred', 0, 0)) user.starred = starred;
  if (typeof deleted === 'boolean' && wins(context, 'user deleted', 0, 0)) user.deleted = deleted;
  if (!isRecord(tags)) return;
  for (const [key, value] of Object.entries(tags)) {
    const short = shortKey(key);
    if ((value === null || typeof value === 'string') && wins(context, `user tag ${short}`, 0, 0))
      put(user.tags, short, value);
  }
}
