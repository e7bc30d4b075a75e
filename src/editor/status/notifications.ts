import * as vscode from 'vscode';
import type { RunRow } from '../../protocol/rows';
import { formatDuration } from '../../domain/format';
import { plain } from '../window/messages';
import { isActive, type RunFeed } from '../runs/runFeed';
import { failureText, keyMetric, metricText, sourceText } from '../runs/runText';
import { setting } from '../window/settings';

export interface NotificationActions {
  openFailure(run_id: string): Promise<void>;
  showOutput(run_id: string): Promise<void>;
  resume(run_id: string): Promise<void>;
  openCharts(run_id: string): void;
}

/** Notifies of runs that failed, and of long runs that completed, since the window opened; once each. */
export class Notifications implements vscode.Disposable {
  private readonly notified = new Set<string>();
  /** Runs whose failure notification is still open. */
  private readonly open = new Set<string>();
  private readonly listening: vscode.Disposable;

  constructor(
    private readonly feed: RunFeed,
    private readonly actions: NotificationActions,
    private readonly since: number,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.listening = feed.onUpdate(({ rows }) => {
      for (const row of rows) this.consider(row);
    });
  }

  dispose(): void {
    this.listening.dispose();
  }

  private consider(row: RunRow): void {
    if (isActive(row) && this.open.delete(row.run_id)) withdraw();
    if (row.ended === null || row.ended < this.since) return;
    const failed = row.status === 'failed';
    if (!failed && !this.wasLong(row)) return;
    const id = `${row.run_id}/${row.attempt}`;
    if (this.notified.has(id)) return;
    this.notified.add(id);
    (failed ? this.notifyFailed(row) : this.notifyCompleted(row)).catch(this.onFailure);
  }

  private wasLong(row: RunRow): boolean {
    const minutes = setting('notifyLongRunMinutes');
    if (row.status !== 'completed' || minutes <= 0 || row.started === null || row.ended === null) return false;
    return row.ended - row.started >= minutes * 60_000;
  }

  private async notifyFailed(row: RunRow): Promise<void> {
    const reason = failureText(row) || vscode.l10n.t('no reason given');
    const where = row.error_at ? ` (${plain(sourceText(row.error_at))})` : '';
    const open = row.error_at && vscode.l10n.t('Open {0}', sourceText(row.error_at));
    const output = vscode.l10n.t('Show Output');
    const resume = row.checkpoints > 0 && vscode.workspace.isTrusted ? vscode.l10n.t('Resume') : null;
    const message = vscode.l10n.t('{0} failed: {1}', plain(row.name, 60), `${plain(reason, 160)}${where}`);
    const buttons = [open, output, resume].filter((button) => button !== null);
    this.open.add(row.run_id);
    const answer = await vscode.window.showErrorMessage(message, ...buttons);
    this.open.delete(row.run_id);
    if (answer === undefined) return;
    // Notifications are kept: the run may have been resumed in the meantime.
    const resumed = answer === resume && this.feed.active.some(({ run_id }) => run_id === row.run_id);
    if (resumed) return this.actions.openCharts(row.run_id);
    if (answer === open) await this.actions.openFailure(row.run_id);
    else if (answer === output) await this.actions.showOutput(row.run_id);
    else if (answer === resume) await this.actions.resume(row.run_id);
  }

  private async notifyCompleted(row: RunRow): Promise<void> {
    const metric = keyMetric(row.metrics, setting('keyMetric'));
    const took = formatDuration(((row.ended ?? 0) - (row.started ?? 0)) / 1000);
    const message = metric
      ? vscode.l10n.t('{0} completed after {1}: {2}', plain(row.name, 60), took, plain(metricText(metric)))
      : vscode.l10n.t('{0} completed after {1}', plain(row.name, 60), took);
    const charts = vscode.l10n.t('Open Charts');
    if ((await vscode.window.showInformationMessage(message, charts)) === charts) this.actions.openCharts(row.run_id);
  }
}

/**
 * Hides all notifications, into the notification center: an extension cannot close its own.
 */
function withdraw(): void {
  void vscode.commands.executeCommand('notifications.hideToasts');
}
