import * as vscode from 'vscode';
import type { RunDetail, StopResult } from '../../protocol/rows';
import type { Collectors } from '../collectors';
import { plain } from '../messages';
import { isActive } from '../runFeed';
import { heard, type Ladder, rungAt } from './stopLadder';

const LOOK_MS = 500;

/** Stops runs rung by rung: asks the script, then SIGINT, SIGTERM, SIGKILL, with a countdown to the next. */
export class StopRun {
  private readonly ladders = new Map<string, Ladder>();

  constructor(
    private readonly collectors: Collectors,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** A second call for a run that is being stopped skips ahead to the next rung. */
  async stop(run_id: string): Promise<StopResult> {
    const result = await this.collectors.callRun(run_id, 'runs.stop', { run_id });
    this.log.info(`Stop ${run_id}: ${result.stage}`);
    const again = this.ladders.has(run_id);
    if (result.stage !== 'ended') {
      this.ladders.set(run_id, { stage: result.stage, next_at: result.next_at, heard: false });
      if (!again) void this.follow(run_id);
    }
    return result;
  }

  stopping(run_id: string): StopResult | undefined {
    const ladder = this.ladders.get(run_id);
    return ladder && { stage: ladder.stage, next_at: ladder.next_at };
  }

  private async follow(run_id: string): Promise<void> {
    try {
      const { name } = await this.look(run_id);
      const title = vscode.l10n.t('Stopping {0}', plain(name, 32));
      const location = vscode.ProgressLocation.Notification;
      await vscode.window.withProgress({ location, title }, async (progress) => {
        for (let run = await this.look(run_id); isActive(run); run = await this.look(run_id)) {
          progress.report({ message: this.message(run) });
          await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        }
      });
    } catch (error) {
      this.log.warn(`Watching the stop of ${run_id} failed: ${String(error)}`);
    } finally {
      this.ladders.delete(run_id);
    }
  }

  private look(run_id: string): Promise<RunDetail> {
    return this.collectors.callRun(run_id, 'runs.get', { run_id });
  }

  private message(run: RunDetail): string {
    const known = this.ladders.get(run.run_id);
    if (!known) return '';
    const ladder = rungAt(heard(run.commands) ? { ...known, heard: true } : known, Date.now());
    this.ladders.set(run.run_id, ladder);
    const said: Record<StopResult['stage'], string> = {
      command: ladder.heard ? vscode.l10n.t('it is finishing') : vscode.l10n.t('asked it to finish'),
      int: vscode.l10n.t('sent SIGINT'),
      term: vscode.l10n.t('sent SIGTERM'),
      kill: vscode.l10n.t('sent SIGKILL'),
      ended: vscode.l10n.t('it has ended'),
    };
    if (ladder.next_at === null) return said[ladder.stage];
    const seconds = Math.max(0, Math.ceil((ladder.next_at - Date.now()) / 1000));
    const skip = `[${vscode.l10n.t('Skip ahead')}](command:xtrack.stop?${encodeURIComponent(JSON.stringify([run.run_id]))})`;
    // Short: a notification that is not unfolded has one line.
    return vscode.l10n.t('{0}, next in {1} s. {2}', said[ladder.stage], seconds, skip);
  }
}
