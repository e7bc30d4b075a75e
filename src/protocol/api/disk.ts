/** Disk space. */
import { z } from 'zod';
import type { DiskUsage } from '../rows';
import { method, type } from './method';

export const diskMethods = {
  'disk.usage': method({ request: z.object({}), result: type<DiskUsage>(), on: 'store' }),
};
