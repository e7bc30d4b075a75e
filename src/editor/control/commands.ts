import * as vscode from 'vscode';
import { ACTIVE, isAlive, isWaiting, statusFilter } from '../../domain/run/lifecycle';
import type { Launched } from '../../protocol/rows';
import type { RunTargets } from '../runs/runTargets';
import { type Handlers, trusted } from '../window/commands';
import type { contribution } from './contribution';
import type { ResumeRun } from './resumeRun';
import type { SendCommand } from './sendCommand';
import type { StopRun } from './stopRun';

interface Ports {
  stopRun: StopRun;
  resumeRun: ResumeRun;
  sendCommand: SendCommand;
  targets: RunTargets;
  /** The checkpoint that a command's arguments name. */
  checkpointOf(args: unknown[]): string | undefined;
  showLaunched(launched: Launched | undefined): Promise<Launched | undefined>;
}

export function controlCommands(ports: Ports): Handlers<typeof contribution> {
  const { stopRun, resumeRun, sendCommand, targets, checkpointOf, showLaunched } = ports;
  return {
    'xtrack.stop': trusted(async (...args) => {
      const run_id = await targets.one(args, {
        title: vscode.l10n.t('Select a run to stop'),
        filter: statusFilter(ACTIVE),
        none: vscode.l10n.t('No run is active.'),
      });
      return run_id && stopRun.stop(run_id);
    }),
    'xtrack.sendCommand': trusted(async (...args) => {
      const run_id = await targets.one(args, {
        title: vscode.l10n.t('Select a run to send a command to'),
        filter: statusFilter(ACTIVE.filter((status) => !isWaiting(status))),
        none: vscode.l10n.t('No run is active.'),
      });
      if (run_id) await sendCommand.send(run_id, args[1], args[2]);
    }),
    'xtrack.resume': trusted(async (...args) => {
      const run_id = await targets.one(args, {
        title: vscode.l10n.t('Select a run to resume'),
        filter: `not ${statusFilter(ACTIVE.filter(isAlive))}`,
        none: vscode.l10n.t('No run has ended yet.'),
      });
      return run_id && showLaunched(await resumeRun.fromLast(run_id));
    }),
    'xtrack.resumeFrom': trusted(async (...args) => {
      const run_id = await targets.one(args, { title: vscode.l10n.t('Select a run to resume') });
      if (!run_id) return undefined;
      const checkpoint = checkpointOf(args);
      return showLaunched(await (checkpoint ? resumeRun.resume(run_id, checkpoint) : resumeRun.fromPicked(run_id)));
    }),
    'xtrack.fork': trusted(async (...args) => {
      const run_id = await targets.one(args, { title: vscode.l10n.t('Select a run to fork') });
      return run_id && showLaunched(await resumeRun.fork(run_id, checkpointOf(args)));
    }),
  };
}
