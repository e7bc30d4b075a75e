/** The collector itself: what it is, its settings, and making room for a newer version. */
import { z } from 'zod';
import { ALERT_LEVELS } from '../events';
import type { PROTOCOL_VERSION } from '../ids';
import { method, type } from './method';
import { text } from './parts';

/** What becomes of a run's journals once its database is sealed. */
export const JOURNAL_POLICIES = ['delete', 'gzip', 'keep'] as const;

interface CollectorState {
  version: string;
  /** Content hash of the collector's bundle, which tells two builds of one version apart. */
  build: string;
  protocol: typeof PROTOCOL_VERSION;
  dir: string;
  pid: number;
  /** Another host or process owns the databases, or the directory is read-only: runs are shown; nothing is saved or launched. */
  follower: string | null;
  active: number;
  backlog_bytes: number;
}

const alertRule = z.object({
  name: text.optional(),
  when: text,
  hold_s: z.number().min(0).optional(),
  stop: z.boolean(),
  level: z.enum(ALERT_LEVELS),
});

export const collectorMethods = {
  'collector.info': method({ request: z.object({}), result: type<CollectorState>(), on: 'main' }),
  /** Settings of a window; the window that spoke last wins. */
  'collector.configure': method({
    request: z.object({
      journals: z.enum(JOURNAL_POLICIES).optional(),
      /** After how many days runs move to the trash, and are deleted from it, by themselves; null: never. */
      retention: z
        .object({ days: z.number().positive().nullable(), trash_days: z.number().positive().nullable() })
        .optional(),
      /** When to alert, and which webhook to notify besides the windows that show the run. */
      alerts: z
        .object({
          rules: z.array(alertRule).max(100),
          webhook: z.object({ url: z.url({ protocol: /^https?$/ }), secret: z.string() }).nullable(),
        })
        .optional(),
    }),
    /** `problems`: rules that cannot be understood, and why. */
    result: type<{ ok: true; problems?: string[] }>(),
    on: 'main',
  }),
  /** Saves and ends, so that a newer version can take its place. */
  'collector.handover': method({
    request: z.object({ version: z.string() }),
    result: type<{ ok: true }>(),
    on: 'main',
  }),
  subscribe: method({
    request: z.object({ topics: z.array(z.string().max(300)).max(10_000) }),
    result: type<{ topics: string[] }>(),
    on: 'connection',
  }),
};
