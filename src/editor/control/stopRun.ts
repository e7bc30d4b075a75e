import * as vscode from 'vscode';
import type { CommandState, RunDetail, StopResult } from '../../protocol/rows';
import type { Collectors } from '../collectors/collectors';
import { plain } from '../window/messages';
import { isActive } from '../runs/runFeed';
import { statusWord } from '../runs/runText';

const POLL_MS = 500;

/** Stops runs step by step: asks the script, then sends SIGINT, SIGTERM and SIGKILL, with a countdown to the next step. */
export class StopRun {
  /** Runs whose stop is shown. */
  private readonly shown = new Set<string>();

  constructor(
    private readonly collectors: Collectors,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** A second call for a run that is being stopped skips to the next step. */
  async stop(run_id: string): Promise<StopResult> {
    const result = await this.collectors.callRun(run_id, 'runs.stop', { run_id });
    this.log.info(`Stop ${run_id}: ${result.stage}`);
    if (result.stage === 'ended')
      this.notifyEnded(run_id).catch((error: unknown) => this.log.warn(`Stop ${run_id}: ${String(error)}`));
    else if (!this.shown.has(run_id)) void this.follow(run_id);
    return result;
  }

  /** Says that the run has already ended, for a click that came too late. */
  private async notifyEnded(run_id: string): Promise<void> {
    const { name, status } = await this.fetchDetail(run_id);
    await vscode.window.showInformationMessage(
      vscode.l10n.t('{0} has already ended: {1}.', plain(name, 60), statusWord(status)),
    );
  }

  private async follow(run_id: string): Promise<void> {
    this.shown.add(run_id);
    try {
      const { name } = await this.fetchDetail(run_id);
      const title = vscode.l10n.t('Stopping {0}', plain(name, 32));
      const location = vscode.ProgressLocation.Notification;
      await vscode.window.withProgress({ location, title }, async (progress) => {
        for (
          let run = await this.fetchDetail(run_id);
          isActive(run) || run.lives;
          run = await this.fetchDetail(run_id)
        ) {
          progress.report({ message: this.message(run) });
          await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        }
      });
    } catch (error) {
      this.log.warn(`Watching the stop of ${run_id} failed: ${String(error)}`);
    } finally {
      this.shown.delete(run_id);
    }
  }

  private fetchDetail(run_id: string): Promise<RunDetail> {
    return this.collectors.callRun(run_id, 'runs.get', { run_id });
  }

  private message(run: RunDetail): string {
    const ladder = run.stop;
    if (!ladder) return '';
    const stages: Record<StopResult['stage'], string> = {
      command: heard(run.commands) ? vscode.l10n.t('finishing') : vscode.l10n.t('asked to finish'),
      int: vscode.l10n.t('sent SIGINT'),
      term: vscode.l10n.t('sent SIGTERM'),
      kill: vscode.l10n.t('sent SIGKILL'),
      ended: vscode.l10n.t('ended'),
    };
    if (ladder.next_at === null) return stages[ladder.stage];
    const seconds = Math.max(0, Math.ceil((ladder.next_at - Date.now()) / 1000));
    const skip = `[${vscode.l10n.t('Skip')}](command:xtrack.stop?${encodeURIComponent(JSON.stringify([run.run_id]))})`;
    // Short: a collapsed notification has one line.
    return vscode.l10n.t('{0}, next in {1} s. {2}', stages[ladder.stage], seconds, skip);
  }
}

/** Whether the latest stop command was acknowledged. */
function heard(commands: CommandState[]): boolean {
  const stop = commands.findLast(({ type }) => type === 'stop');
  return stop?.acks.some(({ status }) => status === 'received' || status === 'done') ?? false;
}
