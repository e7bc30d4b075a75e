/** The collector itself: its identity, its settings, and the handover to a newer version. */
import { z } from 'zod';
import { ALERT_LEVELS } from '../events';
import type { PROTOCOL_VERSION } from '../ids';
import { method, type } from './method';
import { text } from './parts';

/** What happens to a run's journals once its database is sealed. */
export const JOURNAL_POLICIES = ['delete', 'gzip', 'keep'] as const;

interface CollectorState {
  version: string;
  /** Content hash of the collector's bundle, which distinguishes two builds of one version. */
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
  /** Applies a window's settings; the most recent call wins. */
  'collector.configure': method({
    request: z.object({
      journals: z.enum(JOURNAL_POLICIES).optional(),
      /** Days after which runs move to the trash, and are purged from it, automatically; null: never. */
      retention: z
        .object({ days: z.number().positive().nullable(), trash_days: z.number().positive().nullable() })
        .optional(),
      /** When to raise an alert, and which webhook to notify besides the windows that show the run. */
      alerts: z
        .object({
          rules: z.array(alertRule).max(100),
          webhook: z.object({ url: z.url({ protocol: /^https?$/ }), secret: z.string() }).nullable(),
        })
        .optional(),
    }),
    /** `problems`: the rules that could not be parsed, and why. */
    result: type<{ ok: true; problems?: string[] }>(),
    on: 'main',
  }),
  /** Saves and ends the collector, so that a newer version can take its place. */
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
