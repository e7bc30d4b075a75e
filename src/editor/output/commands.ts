import * as vscode from 'vscode';
import type { Collectors } from '../collectors/collectors';
import type { RunTargets } from '../runs/runTargets';
import type { Handlers } from '../window/commands';
import type { contribution } from './contribution';
import { openFailure } from './openFailure';
import type { OutputTerminals } from './outputTerminals';

interface Ports {
  outputs: OutputTerminals;
  collectors: Collectors;
  targets: RunTargets;
}

export function outputCommands({ outputs, collectors, targets }: Ports): Handlers<typeof contribution> {
  return {
    'xtrack.showOutput': async (...args) => {
      const run_id = await targets.one(args, { title: vscode.l10n.t('Select a run to show its output') });
      if (run_id) await outputs.show(run_id);
    },
    'xtrack.openFailure': async (...args) => {
      const run_id = await targets.one(args, { title: vscode.l10n.t('Select a run that failed') });
      if (run_id) await openFailure(collectors, run_id);
    },
  };
}
