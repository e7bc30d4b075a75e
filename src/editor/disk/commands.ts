import { isId } from '../../protocol/ids';
import type { Collectors } from '../collectors/collectors';
import type { Handlers } from '../window/commands';
import type { contribution } from './contribution';
import { showDiskUsage } from './diskUsage';
import { rebuildDatabases } from './rebuildDatabases';
import type { TrashBin } from './trashBin';

interface Ports {
  collectors: Collectors;
  trash: TrashBin;
  edits: { delete(run_ids: string[]): Promise<void>; restore(run_ids: string[]): Promise<void> };
  fail(error: unknown): void;
}

export function diskCommands({ collectors, trash, edits, fail }: Ports): Handlers<typeof contribution> {
  return {
    'xtrack.restoreDeleted': (...args) => {
      const run_ids = args.filter(isId);
      return run_ids.length > 0 ? edits.restore(run_ids) : trash.pick();
    },
    'xtrack.emptyTrash': () => trash.empty(),
    'xtrack.diskUsage': () =>
      showDiskUsage(collectors, {
        delete: (run_ids) => edits.delete(run_ids),
        emptyTrash: () => trash.empty(),
        fail,
      }),
    'xtrack.rebuildDatabase': () => rebuildDatabases(collectors),
  };
}
