/**
 * Steps from each version of a stored state to the next. A step knows only its two versions and is
 * never changed. A state of a newer version is read as far as it fits.
 */
import { isRecord } from '../../src/base/unknown';

type Stored = Record<string, unknown>;

/** At index n: from version n + 1 to n + 2. */
const STEPS: readonly ((stored: Stored) => Stored)[] = [slicedByTab];

export const STATE_VERSION = STEPS.length + 1;

export function upgraded(stored: unknown): Stored {
  if (!isRecord(stored)) return {};
  // The first version had no such field.
  const version = typeof stored.version === 'number' ? stored.version : 1;
  return STEPS.slice(Math.max(0, version - 1)).reduce((state, step) => step(state), stored);
}

/** Version 1 had the fields of all tabs in one object. */
function slicedByTab(stored: Stored): Stored {
  const { compare, ...tables } = isRecord(stored.tables) ? stored.tables : {};
  const { run_ids, focus, tab, hidden, group, runs_width } = stored;
  return {
    ...{ run_ids, focus, tab, hidden, group, runs_width },
    slices: {
      charts: stored,
      compare: { columns: stored.compare_columns, x: stored.scatter_x, y: stored.scatter_y, table: compare },
      overview: { opened: stored.opened },
      console: { search: stored.console_search, place: stored.console_place },
      events: { search: stored.events_search, kind: stored.events_kind },
      media: { search: stored.media_search, together: stored.media_together, steps: stored.media_steps, tables },
    },
  };
}
