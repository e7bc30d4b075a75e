/** The part of a panel's state that belongs to one tab, or to several that share it. */
import { type Field, recordOf, type Values } from '../shared/storedFields';

export interface StateSlice<S extends object = object> extends Field<S> {
  /** The key under which it is stored. It never changes. */
  readonly name: string;
  /** Fields about the runs at hand. Views, which are for any runs, leave them out. */
  readonly ofRuns: readonly string[];
}

export type StateOf<T> = T extends StateSlice<infer S> ? S : never;

export function stateSlice<F extends Record<string, Field<unknown>>>(
  name: string,
  fields: F,
  ofRuns: readonly (keyof F & string)[] = [],
): StateSlice<Values<F>> {
  return { name, ofRuns, ...recordOf(fields) };
}

/** Returns `state` with the fields about runs taken from `other`. */
export function withRunsOf<S extends object>({ ofRuns }: StateSlice<S>, state: S, other: S): S {
  const about = Object.entries(other).filter(([name]) => ofRuns.includes(name));
  return { ...state, ...Object.fromEntries(about) };
}
