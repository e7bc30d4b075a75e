import * as vscode from 'vscode';
import type { Collectors } from '../collectors/collectors';
import { openFile, workingDirectory } from '../runs/openFile';
import type { RunFeed } from '../runs/runFeed';
import type { RunTargets } from '../runs/runTargets';
import type { Handlers } from '../window/commands';
import { askFilter } from './askFilter';
import type { contribution } from './contribution';
import { fileOf } from './nodes';
import type { RunsTree } from './runsTree';

interface Ports {
  tree: RunsTree;
  collectors: Collectors;
  feed: RunFeed;
  targets: RunTargets;
}

export function treeCommands({ tree, collectors, feed, targets }: Ports): Handlers<typeof contribution> {
  return {
    'xtrack.filterRuns': (filter) => askFilter(tree, filter),
    'xtrack.clearFilter': () => tree.setFilter(''),
    'xtrack.refresh': async () => {
      await collectors.reconnect();
      await feed.refresh();
    },
    'xtrack.loadMore': () => tree.loadMore(),
    'xtrack.openArtifact': async (node) => {
      const file = fileOf(node);
      if (file) await openFile(file.path, await workingDirectory(collectors, file.run_id));
    },
    'xtrack.copyRunId': async (...args) => {
      const run_ids = await targets.several(args, { title: vscode.l10n.t('Select runs to copy their IDs') });
      if (run_ids.length > 0) await vscode.env.clipboard.writeText(run_ids.join('\n'));
    },
  };
}
