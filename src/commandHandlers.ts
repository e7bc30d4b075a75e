/** Gives every contributed command its handler: each feature brings its own. */
import type * as vscode from 'vscode';
import { chartCommands } from './editor/charts/commands';
import { clientCommands } from './editor/client/commands';
import type { CommandId } from './editor/contributions';
import { controlCommands } from './editor/control/commands';
import { debugCommands } from './editor/debug/commands';
import { diskCommands } from './editor/disk/commands';
import { doctorCommands } from './editor/doctor/commands';
import { editCommands } from './editor/edit/commands';
import { exportCommands } from './editor/export/commands';
import { firstStepsCommands } from './editor/firstSteps/commands';
import { launchCommands } from './editor/launch/commands';
import { notebookCommands } from './editor/notebooks/commands';
import { outputCommands } from './editor/output/commands';
import { treeCommands } from './editor/runsTree/commands';
import { checkpointOf } from './editor/runsTree/nodes';
import type { Handler } from './editor/window/commands';
import { showFailure } from './editor/window/messages';
import type { Parts } from './parts';

export function commandHandlers(parts: Parts, log: vscode.LogOutputChannel): Record<CommandId, Handler> {
  return {
    ...chartCommands(parts.charts, parts.targets),
    ...clientCommands(parts.installClient),
    ...controlCommands({ ...parts, checkpointOf }),
    ...debugCommands(parts.debugRun),
    ...diskCommands({ ...parts, fail: (error) => void showFailure(error, log) }),
    ...doctorCommands(parts.doctor, log),
    ...editCommands(parts),
    ...exportCommands(parts.collectors, parts.targets),
    ...firstStepsCommands(parts.example),
    ...launchCommands(parts),
    ...notebookCommands(parts.trackCell),
    ...outputCommands(parts),
    ...treeCommands(parts),
  };
}
