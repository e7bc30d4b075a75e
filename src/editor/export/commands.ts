import * as vscode from 'vscode';
import type { Collectors } from '../collectors/collectors';
import type { RunTargets } from '../runs/runTargets';
import type { Handlers } from '../window/commands';
import type { contribution } from './contribution';
import { exportRuns } from './exportRuns';

export function exportCommands(collectors: Collectors, targets: RunTargets): Handlers<typeof contribution> {
  return {
    'xtrack.exportRun': async (...args) => {
      const run_ids = await targets.several(args, { title: vscode.l10n.t('Select runs to export') });
      return exportRuns(collectors, run_ids, args[1] instanceof vscode.Uri ? args[1] : undefined);
    },
  };
}
