/** The collector's JSON-RPC 2.0 API: the table of its methods, each declared once in `api/`, and what follows from it. */
import type { z } from 'zod';
import { collectorMethods } from './api/collector';
import { diskMethods } from './api/disk';
import { eventMethods } from './api/events';
import { launchingMethods } from './api/launching';
import type { Place, ResultType } from './api/method';
import { runMethods } from './api/runs';
import { seriesMethods } from './api/series';
import { taskMethods } from './api/tasks';

export const methods = {
  ...collectorMethods,
  ...runMethods,
  ...seriesMethods,
  ...eventMethods,
  ...launchingMethods,
  ...diskMethods,
  ...taskMethods,
};

type Methods = typeof methods;
export type Method = keyof Methods;
/** The request as a client sends it. */
export type Request<M extends Method> = z.input<Methods[M]['request']>;
/** The request after validation, as a handler receives it. */
export type Params<M extends Method> = z.output<Methods[M]['request']>;
export type Results = { [M in Method]: Methods[M]['result'] extends ResultType<infer R> ? R : never };
export type MethodOn<On extends Place> = { [M in Method]: Methods[M]['on'] extends On ? M : never }[Method];
export type Handlers<On extends Place> = {
  [M in MethodOn<On>]: (params: Params<M>) => Results[M] | Promise<Results[M]>;
};

export type CollectorState = Results['collector.info'];
export type CollectorSettings = Params<'collector.configure'>;
export type JournalPolicy = NonNullable<CollectorSettings['journals']>;
export type ListRequest = Request<'runs.list'>;
export type SeriesRequest = Request<'runs.series'>;
export type LaunchRequest = Request<'runs.launch'>;
export type ResumeRequest = Request<'runs.resume'>;
export type AgainRequest = Request<'runs.again'>;
