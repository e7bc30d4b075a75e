import { type StateOf, stateSlice } from '../model/stateSlice';
import { field, optional, readList, readText } from '../shared/storedFields';
import { AS_LOGGED, readArrangement } from '../shared/tableArrangement';

/** Columns are called `params.lr` or `metrics.loss`. */
export const COMPARE_STATE = stateSlice('compare', {
  /** The axes of the parallel plot; null for the usual ones. */
  columns: optional((stored) => readList(stored, readText)),
  /** Of the scatter plot. */
  x: optional(readText),
  y: optional(readText),
  /** Of the table of runs. */
  table: field(AS_LOGGED, readArrangement),
});

export type CompareState = StateOf<typeof COMPARE_STATE>;
