import { type StateOf, stateSlice } from '../model/stateSlice';
import { flag, mapOf, readNumber, text } from '../shared/storedFields';
import { readArrangement } from '../shared/tableArrangement';

export const MEDIA_STATE = stateSlice('media', {
  search: text(),
  /** Everything is at the same step. */
  together: flag(true),
  /** By what they are of, or of all (''); absent for the newest. */
  steps: mapOf(readNumber),
  /** By what they are of; absent for rows as they were logged. */
  tables: mapOf(readArrangement),
});

export type MediaState = StateOf<typeof MEDIA_STATE>;
