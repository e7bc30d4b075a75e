/** A part of what a panel remembers, which one tab (or several that are set alike) reads and writes. */
import { type Field, recordOf, type Values } from '../shared/storedFields';

export interface StateSlice<S extends object = object> extends Field<S> {
  /** Under which it is stored: it never changes. */
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

/** The slice with the fields about runs as `other` has them. */
export function withRunsOf<S extends object>({ ofRuns }: StateSlice<S>, state: S, other: S): S {
  const about = Object.entries(other).filter(([name]) => ofRuns.includes(name));
  return { ...state, ...Object.fromEntries(about) };
}
