import type { AgainRequest, CollectorState, LaunchRequest, ResumeRequest } from '../../protocol/api';
import type { Command, Edit, Json } from '../../protocol/events';
import type { Launched, StopResult } from '../../protocol/rows';
import type { RunDirectories } from '../files/runDirectory';
import type { WorkerMethod, WorkerMethods } from '../contract/workerApi';
import type { TaskContext, Tasks } from './tasks';

export interface WorkerPort {
  call<M extends WorkerMethod>(method: M, params: WorkerMethods[M][0]): Promise<WorkerMethods[M][1]>;
}

/** What the API's methods need of the rest of the collector. */
export interface ApiPorts {
  worker: WorkerPort;
  runs: RunDirectories;
  tasks: Tasks;
  /** Why nothing may be written here; null for the owner. */
  follower: string | null;
  launch(request: LaunchRequest): Promise<Launched>;
  resume(request: ResumeRequest): Promise<Launched>;
  again(request: AgainRequest): Promise<Launched>;
  stop(runId: string): Promise<StopResult>;
  input(runId: string, data: string, worker?: string): Promise<void>;
  /** Journals it; resolves once it shows in queries. */
  edit(edit: Edit): Promise<void>;
  /** Deletes for good what is in the trash. */
  purge(runIds: string[], task: TaskContext): Promise<Json>;
  /** In days; null: for ever. */
  retain(rules: { days: number | null; trash_days: number | null }): void;
  /** Whom alerts are told; null: nobody. */
  webhook(target: { url: string; secret: string } | null): void;
  command(runId: string, command: Command): Promise<void>;
  info(): CollectorState;
  /** Saves and ends, after the reply. */
  handover(version: string): void;
}
