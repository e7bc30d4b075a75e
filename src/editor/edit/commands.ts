import * as vscode from 'vscode';
import type { Collectors } from '../collectors/collectors';
import type { RunTargets } from '../runs/runTargets';
import type { Handlers } from '../window/commands';
import type { contribution } from './contribution';
import type { EditRuns } from './editRuns';
import { openNotes } from './openNotes';

interface Ports {
  edits: EditRuns;
  collectors: Collectors;
  targets: RunTargets;
}

export function editCommands({ edits, collectors, targets }: Ports): Handlers<typeof contribution> {
  return {
    'xtrack.rename': async (...args) => {
      const run_id = await targets.one(args, { title: vscode.l10n.t('Select a run to rename'), orSelected: true });
      if (run_id) await edits.rename(run_id, args[1]);
    },
    'xtrack.editNotes': async (...args) => {
      const run_id = await targets.one(args, { title: vscode.l10n.t('Select a run to edit its notes') });
      if (run_id) await openNotes(collectors, run_id);
    },
    'xtrack.tag': async (...args) =>
      edits.tag(await targets.several(args, { title: vscode.l10n.t('Select runs to tag') })),
    'xtrack.star': async (...args) =>
      edits.star(await targets.several(args, { title: vscode.l10n.t('Select runs to star') }), true),
    'xtrack.unstar': async (...args) =>
      edits.star(await targets.several(args, { title: vscode.l10n.t('Select runs to remove the star from') }), false),
    'xtrack.delete': async (...args) => {
      const title = vscode.l10n.t('Select runs to move to the trash');
      await edits.delete(await targets.several(args, { title, orSelected: true }));
    },
  };
}
