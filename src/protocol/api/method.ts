/** Declares a method of the API: its request, its result, and the thread of the collector that answers it. */
import type { z } from 'zod';

/** `store`: the thread with the databases; `main`: a service of the main thread; `connection`: the client's own socket. */
export type Place = 'store' | 'main' | 'connection';

/** Carries a type and no value, because our own answers need no validation. */
export interface ResultType<R> {
  readonly result?: R;
}

export interface Declaration<S extends z.ZodType, R, On extends Place> {
  readonly request: S;
  readonly result: ResultType<R>;
  readonly on: On;
}

export function method<S extends z.ZodType, R, On extends Place>(
  declaration: Declaration<S, R, On>,
): Declaration<S, R, On> {
  return declaration;
}

export function type<R>(): ResultType<R> {
  return {};
}
