import { applyEvent, addWriter, newRunState } from '../../../../src/domain/run/reducer';
import { runRow } from '../../../../src/domain/run/row';
import type { RunSink, RunState, WriterState } from '../../../../src/domain/run/state';
import type { Role } from '../../../../src/protocol/events';
import type { RunRow } from '../../../../src/protocol/rows';

export const RUN = 'run-1';
export const T0 = 1_795_000_000_000;

export interface Point {
  worker: string;
  key: string;
  value: number;
  step: number | null;
  epoch: number | null;
  ts: number;
}

export class Collecting implements RunSink {
  readonly points: Point[] = [];
  readonly lines: { worker: string; level: string; message: string }[] = [];

  point(writer: WriterState, key: string, value: number, step: number | null, epoch: number | null, ts: number): void {
    this.points.push({ worker: writer.worker, key, value, step, epoch, ts });
  }

  log(writer: WriterState, _seq: number, _ts: number, line: { level: string; message: string }): void {
    this.lines.push({ worker: writer.worker, level: line.level, message: line.message });
  }
}

/** A journal as a list: what one process of a run wrote. */
export class Journal {
  readonly events: { t: string; m: { seq: number; ts: number }; p: unknown }[] = [];

  constructor(
    readonly role: Role,
    readonly worker: string,
    readonly attempt: number,
    readonly writer: string,
    readonly forkedFrom?: string,
  ) {}

  /** At `s` seconds after T0. */
  add(s: number, t: string, p: object = {}): this {
    const seq = this.events.length + 1;
    this.events.push({ t, m: { seq, ts: (T0 + s * 1000) * 1000 }, p: { run_id: RUN, ...p } });
    return this;
  }

  raw(t: unknown, p: unknown, m: unknown = { seq: this.events.length + 1, ts: T0 * 1000 }): this {
    this.events.push({ t, m, p } as never);
    return this;
  }
}

export function writerOf(state: RunState, { worker, attempt, writer, role, forkedFrom }: Journal): WriterState {
  const proc = { host: 'h', boot: 'b', pidns: null, pid: 1, start: '1' };
  const head = { format: 1 as const, run_id: RUN, worker, attempt, writer, role, proc, client: 'test' };
  return addWriter(state, forkedFrom === undefined ? head : { ...head, forked_from: forkedFrom });
}

export interface Read {
  state: RunState;
  row: RunRow;
  sink: Collecting;
}

export function read(...journals: Journal[]): Read {
  const state = newRunState(RUN);
  const sink = new Collecting();
  for (const journal of journals) {
    const writer = writerOf(state, journal);
    for (const event of journal.events) applyEvent(state, writer, event, sink);
  }
  return { state, row: runRow(state, {}, 0), sink };
}

let writers = 0;
export const script = (worker = 'worker-0', attempt = 1): Journal =>
  new Journal('script', worker, attempt, `s${++writers}`);
export const supervisor = (attempt = 1): Journal => new Journal('supervisor', 'sup-h', attempt, `v${++writers}`);
export const collector = (attempt = 1): Journal => new Journal('collector', 'col-h', attempt, `c${++writers}`);
export const user = (): Journal => new Journal('user', 'user', 0, `u${++writers}`);
