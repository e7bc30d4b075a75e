import * as vscode from 'vscode';
import type { RunTargets } from '../runs/runTargets';
import type { Handlers } from '../window/commands';
import type { ChartPanels } from './chartPanels';
import type { contribution } from './contribution';

export function chartCommands(charts: ChartPanels, targets: RunTargets): Handlers<typeof contribution> {
  return {
    'xtrack.openCharts': async (...args) => {
      const title = vscode.l10n.t('Select runs to show in charts');
      const run_ids = await targets.several(args, { title, orSelected: true });
      if (run_ids.length > 0) charts.open(run_ids);
    },
  };
}
