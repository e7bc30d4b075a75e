/**
 * The only place that decides what a run's events mean. Nothing in a payload is trusted, nothing throws, and anything that
 * cannot be used becomes a warning on the run. The result does not depend on the order in which a run's journals are read.
 */
import type { JournalHead } from '../../protocol/events';
import { applyRareEvent } from './events';
import { isRecord } from '../../base/unknown';
import { finiteOf, metricOf, shortKey, MAX_KEY, type Fields } from '../payload';
import type { RunSink, RunState, WriterState } from './state';
import { warn } from './warnings';
import { put, lookUp } from '../safeRecord';
import { fillGap, MAX_GAPS, noteGap } from './seqGaps';

export function newRunState(runId: string): RunState {
  return {
    run_id: runId,
    name: null,
    experiment: null,
    parent: null,
    created: 0,
    params: {},
    tags: {},
    source: {},
    environment: null,
    launch: null,
    writers: {},
    attempts: [],
    checkpoints: [],
    artifacts: [],
    commands: [],
    final_metrics: {},
    user: { name: null, notes: '', starred: false, tags: {}, deleted: false },
    warnings: [],
  };
}

/** A process may write several journals of a run (attempts, edits, commands), each with sequence numbers of its own. */
export function writerKey({ worker, attempt, writer }: Pick<WriterState, 'worker' | 'attempt' | 'writer'>): string {
  return `${worker}/${attempt}/${writer}`;
}

/** Returns the writer of a journal, and adds it to the run if it is new. */
export function addWriter(state: RunState, head: JournalHead): WriterState {
  const key = writerKey(head);
  const known = lookUp(state.writers, key);
  if (known) return known;
  const writer: WriterState = {
    writer: head.writer,
    worker: head.worker,
    attempt: head.attempt,
    role: head.role,
    proc: head.proc,
    client: head.client,
    ...(head.forked_from === undefined ? {} : { forked_from: head.forked_from }),
    seq: 0,
    first: null,
    last: null,
    end: null,
    seen: 'alive',
    phase: null,
    progress: null,
  };
  put(state.writers, key, writer);
  return writer;
}

/** Records what the collector observes of a writer's process. Returns true if that changed. */
export function observe(writer: WriterState, seen: WriterState['seen']): boolean {
  if (writer.seen === seen) return false;
  writer.seen = seen;
  return true;
}

/** Returns true if the event is new, so that it belongs in the run's record; metrics only go to the sink. */
export function applyEvent(state: RunState, writer: WriterState, envelope: Fields, sink: RunSink): boolean {
  const { t, m, p } = envelope;
  if (typeof t !== 'string' || !isRecord(m) || !isRecord(p)) {
    warn(state, 'bad_event', 'An event without a type, meta data or payload was skipped.', writer);
    return false;
  }
  const seq = m['seq'];
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0) {
    warn(state, 'bad_event', 'An event without a sequence number was skipped.', writer);
    return false;
  }
  if (seq === 0 && t === 'journal') return false;
  if (!isNewEvent(state, writer, seq)) {
    writer.duplicates = (writer.duplicates ?? 0) + 1;
    return false;
  }
  const ts = timeOf(writer, m['ts']);
  // An import ends a batch of its source's events; when that happened says nothing about the run.
  if (t !== 'import') tick(state, writer, ts / 1000);
  const runId = p['run_id'];
  if (typeof runId === 'string' && runId !== state.run_id) {
    warn(state, 'wrong_run', 'Events of another run were found in this run’s journals; they were skipped.', writer);
    return false;
  }
  if (t === 'heartbeat') return false;
  if (writer.end !== null && t !== 'command_ack' && t !== 'import')
    warn(state, 'after_end', `${writer.worker} logged more events after it had ended. They were kept.`, writer);
  if (t === 'metric') applyMetric(state, writer, p, ts, m, sink);
  else if (t === 'metric_batch') applyBatch(state, writer, p, ts, m, sink);
  else applyRareEvent(state, writer, { t, seq, ts, payload: p }, sink);
  return true;
}

/** Returns false for an event that has been applied before: (writer, seq) is its identity, whatever the order. */
function isNewEvent(state: RunState, writer: WriterState, seq: number): boolean {
  if (seq <= writer.seq) {
    if (writer.gaps !== undefined && fillGap(writer.gaps, seq)) return true;
    if (writer.unclear !== undefined && seq >= writer.unclear) {
      const message = `Event ${seq} of ${writer.worker} was ignored: it may be late or repeated, and more than ${MAX_GAPS} gaps were open.`;
      warn(state, 'not_taken', message, writer);
    }
    return false;
  }
  const missing = seq - writer.seq - 1;
  if (missing > 0) {
    if (!noteGap((writer.gaps ??= []), writer.seq, seq)) writer.unclear ??= writer.seq + 1;
    const events = missing === 1 ? '1 event' : `${missing} events`;
    warn(state, 'gap', `${events} of ${writer.worker} before event ${seq} had not arrived when it did.`, writer);
  }
  writer.seq = seq;
  return true;
}

/** The event's time in µs; that of the writer's last event if it has none. */
function timeOf(writer: WriterState, given: unknown): number {
  return typeof given === 'number' && given > 0 && given < Number.MAX_SAFE_INTEGER ? given : (writer.last ?? 0) * 1000;
}

/** Notes when the writer spoke; its `last` never goes back, whatever its clock does. */
function tick(state: RunState, writer: WriterState, ms: number): void {
  if (writer.first === null) {
    writer.first = ms;
    if (writer.role !== 'user' && ms > 0 && (state.created === 0 || ms < state.created)) state.created = ms;
  }
  if (writer.last === null || ms > writer.last) writer.last = ms;
}

function applyMetric(state: RunState, writer: WriterState, p: Fields, ts: number, m: Fields, sink: RunSink): void {
  const key = p['key'];
  if (typeof key !== 'string' || key === '')
    return warn(state, 'bad_metric', 'A metric without a key was skipped.', writer);
  const value = metricOf(p['value']);
  if (value === undefined) return warnOfValue(state, writer, key);
  const step = axisOf(state, writer, p['step'], 'step');
  const epoch = axisOf(state, writer, p['epoch'], 'epoch');
  countMetric(writer, step, ts);
  sink.point(writer, metricKey(state, writer, key, p['ctx']), value, step, epoch, ts, siteOf(m), m['seq'] as number);
}

function applyBatch(state: RunState, writer: WriterState, p: Fields, ts: number, m: Fields, sink: RunSink): void {
  const { metrics, ctx } = p;
  if (!isRecord(metrics)) return warn(state, 'bad_metric', 'A batch without metrics was skipped.', writer);
  const step = axisOf(state, writer, p['step'], 'step');
  const epoch = axisOf(state, writer, p['epoch'], 'epoch');
  countMetric(writer, step, ts);
  const at = siteOf(m);
  const seq = m['seq'] as number;
  for (const key in metrics) {
    const value = metricOf(metrics[key]);
    if (value === undefined || key === '') warnOfValue(state, writer, key);
    else sink.point(writer, metricKey(state, writer, key, ctx), value, step, epoch, ts, at, seq);
  }
}

function siteOf(m: Fields): string | undefined {
  const at = m['at'];
  return typeof at === 'string' ? at : undefined;
}

function countMetric(writer: WriterState, step: number | null, ts: number): void {
  writer.points = (writer.points ?? 0) + 1;
  writer.logged = ts / 1000;
  if (step !== null && !(step <= (writer.step ?? -Infinity))) writer.step = step;
}

function warnOfValue(state: RunState, writer: WriterState, key: string): void {
  const message = `A value of the metric ${JSON.stringify(key.slice(0, 100))} is not a number; it was skipped.`;
  warn(state, 'bad_metric', message, writer);
}

function axisOf(state: RunState, writer: WriterState, value: unknown, what: 'step' | 'epoch'): number | null {
  if (value === undefined || value === null) return null;
  const number = finiteOf(value);
  if (number === null)
    warn(state, 'bad_step', `A metric’s ${what} is not a number; the point was kept without it.`, writer);
  return number;
}

/** Training and validation values of one key become two curves, because one would jump between them. */
function metricKey(state: RunState, writer: WriterState, key: string, ctx: unknown): string {
  let full = key;
  if (ctx !== undefined && isRecord(ctx)) {
    const phase = ctx['phase'];
    if ((phase === 'val' || phase === 'test') && !key.includes(phase)) full = `${phase}/${key}`;
  }
  if (full.length <= MAX_KEY) return full;
  warn(state, 'long_key', `A key of ${key.length} characters was shortened to ${MAX_KEY}.`, writer);
  return shortKey(full);
}
