/** Long work, which reports progress and can be cancelled. */
import { z } from 'zod';
import type { Task } from '../rows';
import { method, type } from './method';

export const taskMethods = {
  'tasks.get': method({
    request: z.object({ task_id: z.string(), wait: z.boolean().optional() }),
    result: type<Task>(),
    on: 'main',
  }),
  'tasks.cancel': method({ request: z.object({ task_id: z.string() }), result: type<Task>(), on: 'main' }),
};
