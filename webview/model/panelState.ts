/** What a panel remembers over a reload, while it is hidden, and in views: its own fields and a slice for each tab. */
import { isRecord } from '../../src/base/unknown';
import type { StoredPanelState } from '../../src/protocol/panel';
import {
  type Field,
  field,
  listOf,
  optional,
  readNumber,
  readText,
  recordOf,
  type Values,
} from '../shared/storedFields';
import { type StateSlice, withRunsOf } from './stateSlice';
import { STATE_VERSION, upgraded } from './stateUpgrades';

/** Pixels that the list of runs takes beside the tabs. */
export const RUNS_WIDTH = { least: 140, most: 800 };

const FIELDS = {
  run_ids: listOf(readText),
  /** The run that the header and most tabs show. */
  focus: optional(readText),
  /** Null for the first tab. */
  tab: optional(readText),
  /** Runs whose curves are not drawn. */
  hidden: listOf(readText),
  /** Runs of one group are drawn as their mean: `params.lr`, `tags.team`, `experiment`, `status`. */
  group: optional(readText),
  /** Of the list of runs. */
  runs_width: optional((stored) => {
    const width = readNumber(stored);
    return width === null ? null : boundedRunsWidth(width);
  }),
  /** By name, including those of tabs that only a newer version has. */
  slices: field<Record<string, unknown>>({}, (stored) => (isRecord(stored) ? stored : null)),
};
const OWN: Field<Values<typeof FIELDS>> = recordOf(FIELDS);

export type PanelState = Values<typeof FIELDS>;
type Slices = readonly StateSlice[];

/** Reads a state of any version. */
export function readPanelState(stored: unknown, slices: Slices): PanelState {
  const state = OWN.read(upgraded(stored));
  const focus = state.focus !== null && state.run_ids.includes(state.focus) ? state.focus : null;
  const read = slices.map((slice) => [slice.name, slice.read(state.slices[slice.name])] as const);
  return {
    ...state,
    focus: focus ?? state.run_ids[0] ?? null,
    slices: { ...state.slices, ...Object.fromEntries(read) },
  };
}

export function storedPanelState(state: PanelState): StoredPanelState {
  return { version: STATE_VERSION, ...state };
}

/** The state without the runs that it is about. */
export function viewOf(state: PanelState, slices: Slices): PanelState {
  const { group, tab, runs_width } = state;
  return withSlices({ ...OWN.initial, group, tab, runs_width, slices: state.slices }, slices, ({ initial }) => initial);
}

/** The runs of `state`, shown as in `view`. */
export function underView(state: PanelState, view: PanelState, slices: Slices): PanelState {
  const { run_ids, focus, hidden } = state;
  return withSlices({ ...view, run_ids, focus, hidden }, slices, ({ name }) => state.slices[name] as object);
}

/** Replaces the fields of slices that are about runs. */
function withSlices(state: PanelState, slices: Slices, runsFrom: (slice: StateSlice) => object): PanelState {
  const about = slices.map((slice) => {
    const kept = withRunsOf(slice, state.slices[slice.name] as object, runsFrom(slice));
    return [slice.name, kept] as const;
  });
  return { ...state, slices: { ...state.slices, ...Object.fromEntries(about) } };
}

export function boundedRunsWidth(width: number): number {
  return Math.min(RUNS_WIDTH.most, Math.max(RUNS_WIDTH.least, Math.round(width)));
}
