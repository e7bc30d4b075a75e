/** Starting and stopping runs, and sending commands and input to their scripts. */
import { z } from 'zod';
import { COMMAND_TYPES, type Json } from '../events';
import type { Launched, StopResult } from '../rows';
import { method, type } from './method';
import { environment, runId, text } from './parts';

const json: z.ZodType<Json> = z.json();

const launch = z.object({
  target: z.union([
    z.object({ script: z.string().min(1) }),
    z.object({ module: z.string().min(1) }),
    z.object({ argv: z.array(z.string()).min(1) }),
  ]),
  interpreter: z.string().optional(),
  args: z.array(z.string()).optional(),
  cwd: z.string().min(1),
  env: environment,
  tty: z.boolean().optional(),
  name: text.optional(),
  experiment: text.optional(),
  tags: z.record(z.string(), z.string()).optional(),
  backend: z.string().optional(),
  /** Restarts the run after a failure, from its last checkpoint, if one was logged since the last attempt. */
  recovery: z
    .object({
      policy: z.enum(['never', 'on-failure']),
      max_attempts: z.number().int().min(1).max(1000).optional(),
      backoff_s: z.number().min(0).max(86_400).optional(),
    })
    .optional(),
  /** Number of processes of the script to start for one run, as torchrun does. */
  workers: z.number().int().min(1).max(256).optional(),
  /** The folder of debugpy: the script waits until a debugger attaches where `runs/<run_id>/debugger-<attempt>.json` says. */
  debugger: z.string().min(1).optional(),
});

const startAgain = {
  run_id: runId,
  checkpoint: z.string().optional(),
  /** Accepts a checkpoint whose file was changed after it was logged. */
  changed_ok: z.boolean().optional(),
  env: environment.optional(),
  interpreter: z.string().optional(),
};

export const launchingMethods = {
  'runs.launch': method({ request: launch, result: type<Launched>(), on: 'main' }),
  'runs.stop': method({ request: z.object({ run_id: runId }), result: type<StopResult>(), on: 'main' }),
  'runs.resume': method({ request: z.object(startAgain), result: type<Launched>(), on: 'main' }),
  /**
   * Starts a new run of the same program. With a checkpoint ("last", "best", or its id) it becomes a child of the run;
   * without one it starts from the beginning.
   */
  'runs.again': method({
    request: z.object({
      ...startAgain,
      args: z.array(z.string()).optional(),
      name: text.optional(),
      tags: z.record(z.string(), z.string()).optional(),
    }),
    result: type<Launched>(),
    on: 'main',
  }),
  'runs.command': method({
    request: z.object({
      run_id: runId,
      type: z.enum(COMMAND_TYPES),
      payload: json.optional(),
      worker: z.string().optional(),
    }),
    result: type<{ cmd_id: string }>(),
    on: 'main',
  }),
  /** Types into the terminal of a script that was launched with `tty`. */
  'runs.input': method({
    request: z.object({ run_id: runId, data: z.string().max(32_768), worker: runId.optional() }),
    result: type<{ ok: true }>(),
    on: 'main',
  }),
};
