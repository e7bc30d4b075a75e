import * as vscode from 'vscode';
import type { Alert, RunDetail, RunRow } from '../../protocol/rows';
import type { Collectors } from '../collectors/collectors';
import { plain } from '../window/messages';
import { isActive, type RunFeed } from '../runs/runFeed';

export interface AlertActions {
  openCharts(run_id: string): void;
  stop(run_id: string): Promise<unknown>;
}

/** How often the same alert of a script is shown. */
const SAME_AGAIN_MS = 60_000;

/** Shows alerts raised by scripts and rules since the window opened, each once. */
export class AlertNotices implements vscode.Disposable {
  private readonly notified = new Set<string>();
  private readonly lately = new Map<string, number>();
  private readonly listening: vscode.Disposable;

  constructor(
    private readonly collectors: Collectors,
    feed: RunFeed,
    private readonly actions: AlertActions,
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
    if ((row.alerted ?? 0) < this.since || this.notified.has(`${row.run_id} ${row.alerts}`)) return;
    this.notified.add(`${row.run_id} ${row.alerts}`);
    this.notifyNew(row.run_id).catch(this.onFailure);
  }

  private async notifyNew(run_id: string): Promise<void> {
    const run = await this.collectors.callRun(run_id, 'runs.get', { run_id });
    for (const alert of run.alerts) {
      if (alert.at < this.since || this.notified.has(alert.id)) continue;
      this.notified.add(alert.id);
      const same = `${run_id} ${alert.title}`;
      const before = this.lately.get(same);
      if (before !== undefined && alert.at - before < SAME_AGAIN_MS) continue;
      this.lately.set(same, alert.at);
      this.notify(run, alert).catch(this.onFailure);
    }
  }

  private async notify(run: RunDetail, alert: Alert): Promise<void> {
    const { run_id } = run;
    const charts = vscode.l10n.t('Open Charts');
    const mayStop = isActive(run) && !alert.stops && vscode.workspace.isTrusted;
    const stop = mayStop ? vscode.l10n.t('Stop Run') : null;
    const buttons = [charts, stop].filter((button) => button !== null);
    const answer = await SHOW[alert.level](alertText(run.name, alert), ...buttons);
    if (answer === undefined) return;
    if (answer === charts) this.actions.openCharts(run_id);
    else if (answer === stop) await this.actions.stop(run_id);
  }
}

const SHOW = {
  info: (text: string, ...buttons: string[]) => vscode.window.showInformationMessage(text, ...buttons),
  warning: (text: string, ...buttons: string[]) => vscode.window.showWarningMessage(text, ...buttons),
  error: (text: string, ...buttons: string[]) => vscode.window.showErrorMessage(text, ...buttons),
};

function alertText(run: string, { title, text, stops }: Alert): string {
  const said = text === '' ? plain(title, 120) : `${plain(title, 120)} (${plain(text, 200)})`;
  return stops
    ? vscode.l10n.t('{0}: {1}. Stopping the run.', plain(run, 60), said)
    : vscode.l10n.t('{0}: {1}', plain(run, 60), said);
}
