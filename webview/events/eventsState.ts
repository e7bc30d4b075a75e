import { type StateOf, stateSlice } from '../model/stateSlice';
import { text } from '../shared/storedFields';

export const EVENTS_STATE = stateSlice('events', {
  search: text(),
  /** Empty for all. */
  kind: text(),
});

export type EventsState = StateOf<typeof EVENTS_STATE>;
