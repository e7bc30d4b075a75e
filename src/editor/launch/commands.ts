import * as vscode from 'vscode';
import type { Launched } from '../../protocol/rows';
import type { RunTargets } from '../runs/runTargets';
import { type Handlers, trusted } from '../window/commands';
import type { contribution } from './contribution';
import type { EditAndRun } from './editAndRun';
import type { Launcher } from './launcher';

interface Ports {
  launcher: Launcher;
  editAndRun: EditAndRun;
  targets: RunTargets;
  showLaunched(launched: Launched | undefined): Promise<Launched | undefined>;
}

export function launchCommands({ launcher, editAndRun, targets, showLaunched }: Ports): Handlers<typeof contribution> {
  return {
    'xtrack.launch': trusted(async (request) => showLaunched(await launcher.launch(request))),
    'xtrack.launchCurrentFile': trusted(async (file) => showLaunched(await launcher.launchFile(file))),
    'xtrack.runAgain': trusted(async (...args) => {
      const title = vscode.l10n.t('Select a run to run again');
      const run_id = await targets.one(args, { title, orSelected: true });
      return run_id && showLaunched(await editAndRun.again(run_id));
    }),
    'xtrack.editAndRun': trusted(async (...args) => {
      const title = vscode.l10n.t('Select a run to edit its parameters');
      const run_id = await targets.one(args, { title, orSelected: true });
      return run_id && showLaunched(await editAndRun.edit(run_id));
    }),
  };
}
