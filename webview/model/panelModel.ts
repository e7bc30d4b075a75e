/** What the panel knows: the host's rows, the state, and the details of runs. It notifies listeners of changes. */
import { isOver } from '../../src/domain/run/lifecycle';
import type { Connection, PanelRun, RunsMessage, StoredPanelState } from '../../src/protocol/panel';
import type { RunDetail, StopResult } from '../../src/protocol/rows';
import { namesApart } from '../../src/domain/run/groups';
import { type PanelState, readPanelState, storedPanelState, underView, viewOf } from './panelState';
import { RunDashes } from './runDashes';
import type { StateSlice } from './stateSlice';

/** `snapshot`: everything was sent again; `runs`: rows changed; `pointed`: another run stands out. */
export type Change = 'snapshot' | 'runs' | 'state' | 'detail' | 'stop' | 'pointed';

export class PanelModel {
  state: PanelState;
  runs: PanelRun[] = [];
  keyMetric = '';
  views: string[] = [];
  connection: Connection = true;
  /** False until the first message of the host. */
  loaded = false;
  readonly details = new Map<string, RunDetail>();
  /** The progress of stops that were requested in this window. */
  readonly stops = new Map<string, StopResult>();
  /** The run whose curves stand out. */
  pointed: string | null = null;
  private readonly listeners: ((change: Change) => void)[] = [];
  private readonly dashes = new RunDashes();
  private keys: string[] = [];
  private keysOf: PanelRun[] = [];
  private names = new Map<string, string>();

  constructor(private readonly slices: readonly StateSlice[]) {
    this.state = readPanelState(undefined, slices);
  }

  onChange(listener: (change: Change) => void): void {
    this.listeners.push(listener);
  }

  /** `stored` is the webview's own state, which is newer than the host's. */
  receive(message: RunsMessage, stored: unknown): void {
    if (!this.loaded) {
      const mine = readPanelState(stored, this.slices);
      const same = mine.run_ids.join() === message.state.run_ids.join();
      this.state = same ? mine : readPanelState(message.state, this.slices);
    }
    if (message.kind === 'runs')
      this.state = readPanelState({ ...this.stored(), run_ids: message.state.run_ids }, this.slices);
    // Each message has all runs: a run that was just launched appears after its panel, and runs may be deleted.
    this.runs = this.dashes.apply(message.runs);
    for (const { row, stop } of this.runs) {
      if (stop) this.stops.set(row.run_id, stop);
      if (isOver(row.status)) this.stops.delete(row.run_id);
    }
    this.names = namesApart(this.runs.map(({ row }) => row));
    this.keyMetric = message.key_metric;
    this.views = message.views;
    this.connection = message.connection;
    this.loaded = true;
    this.notify(message.kind === 'runs' ? 'snapshot' : 'runs');
  }

  patch(change: Partial<PanelState>): void {
    this.state = { ...this.state, ...change };
    this.notify('state');
  }

  slice<S extends object>({ name }: StateSlice<S>): S {
    return this.state.slices[name] as S;
  }

  patchSlice<S extends object>(slice: StateSlice<S>, change: Partial<S>): void {
    this.patch({ slices: { ...this.state.slices, [slice.name]: { ...this.slice(slice), ...change } } });
  }

  stored(): StoredPanelState {
    return storedPanelState(this.state);
  }

  view(): StoredPanelState {
    return storedPanelState(viewOf(this.state, this.slices));
  }

  applyView(view: StoredPanelState): void {
    this.patch(underView(this.state, readPanelState(view, this.slices), this.slices));
  }

  setDetail(detail: RunDetail): void {
    this.details.set(detail.run_id, detail);
    this.notify('detail');
  }

  setStop(run_id: string, stop: StopResult): void {
    this.stops.set(run_id, stop);
    this.notify('stop');
  }

  point(run_id: string | null): void {
    if (this.pointed === run_id) return;
    this.pointed = run_id;
    this.notify('pointed');
  }

  run(run_id: string): PanelRun | undefined {
    return this.runs.find((run) => run.row.run_id === run_id);
  }

  /** What a run is called beside the others. */
  nameOf({ row }: PanelRun): string {
    return this.names.get(row.run_id) ?? row.name;
  }

  focused(): PanelRun | undefined {
    return (this.state.focus === null ? undefined : this.run(this.state.focus)) ?? this.runs[0];
  }

  shownRuns(): PanelRun[] {
    return this.runs.filter((run) => !this.state.hidden.includes(run.row.run_id));
  }

  /** Keys of all runs, unordered. */
  metricKeys(): string[] {
    if (this.keysOf !== this.runs) {
      this.keysOf = this.runs;
      this.keys = [...new Set(this.runs.flatMap((run) => Object.keys(run.row.metrics)))];
    }
    return this.keys;
  }

  private notify(change: Change): void {
    for (const listener of this.listeners) listener(change);
  }
}

/** `null` removes the entry. */
export function withEntry<T>(all: Readonly<Record<string, T>>, key: string, value: T | null): Record<string, T> {
  const { [key]: _before, ...rest } = all;
  return value === null ? rest : { ...rest, [key]: value };
}

/** Adds the item, or removes it if it is there. */
export function toggled(list: readonly string[], item: string): string[] {
  return list.includes(item) ? list.filter((other) => other !== item) : [...list, item];
}
