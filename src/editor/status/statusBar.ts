import * as vscode from 'vscode';
import type { RunRow } from '../../protocol/rows';
import type { Collectors } from '../collectors/collectors';
import type { CommandId } from '../contributions';
import { plain } from '../window/messages';
import type { RunFeed } from '../runs/runFeed';
import { backlogText, keyMetric, metricText, progressText, statusWord } from '../runs/runText';
import { setting } from '../window/settings';

/** Shows how many runs are active and the progress of the latest; else how the last run ended, or that the collector fails. */
export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('xtrack.status', vscode.StatusBarAlignment.Left, 5);
  private readonly listening: vscode.Disposable;
  /** The last run that ended since the window opened. */
  private lastEnded: RunRow | null = null;

  constructor(
    private readonly collectors: Collectors,
    private readonly feed: RunFeed,
    private readonly since: number,
  ) {
    this.item.name = 'XTrack';
    this.listening = vscode.Disposable.from(
      feed.onUpdate(({ rows, gone }) => this.take(rows, gone)),
      feed.onReset(() => this.draw()),
      collectors.onState(() => this.draw()),
    );
  }

  dispose(): void {
    this.listening.dispose();
    this.item.dispose();
  }

  private take(rows: RunRow[], gone: string[]): void {
    for (const row of rows) {
      if (row.ended !== null && row.ended >= Math.max(this.since, this.lastEnded?.ended ?? 0)) this.lastEnded = row;
    }
    if (this.lastEnded && gone.includes(this.lastEnded.run_id)) this.lastEnded = null;
    this.draw();
  }

  private draw(): void {
    const { state, backlogBytes } = this.collectors;
    const backlog = backlogText(backlogBytes);
    const [latest] = this.feed.active;
    this.item.backgroundColor = undefined;
    if (typeof state === 'object') {
      this.show('$(warning) XTrack', state.error, 'xtrack.showLog', []);
      this.item.backgroundColor = new vscode.ThemeColor('statusBarItem.warningBackground');
    } else if (latest) {
      this.showActive(latest, this.feed.active.length);
    } else if (backlog !== null) {
      this.show('$(sync~spin) XTrack', backlog, 'xtrack.showLog', []);
    } else if (this.lastEnded) {
      this.showEnded(this.lastEnded);
    } else {
      this.item.hide();
    }
  }

  private showActive(row: RunRow, count: number): void {
    const icon = row.status === 'running' ? '$(sync~spin)' : '$(watch)';
    const parts = [plain(row.name, 24), progressText(row)].filter(Boolean).join(' ');
    const more = count > 1 ? ` +${count - 1}` : '';
    const said = count === 1 ? vscode.l10n.t('1 active run') : vscode.l10n.t('{0} active runs', count);
    this.show(`${icon} ${iconless(parts)}${more}`, `${said}: ${this.summary(row)}`, 'xtrack.openCharts', [
      this.feed.active.map((each) => each.run_id),
    ]);
  }

  private showEnded(row: RunRow): void {
    const icon = row.status === 'completed' ? '$(check)' : row.status === 'failed' ? '$(error)' : '$(debug-stop)';
    const metric = keyMetric(row.metrics, setting('keyMetric'));
    const parts = [
      plain(row.name, 24),
      row.status === 'completed' && metric ? metricText(metric) : statusWord(row.status),
    ];
    this.show(`${icon} ${iconless(parts.join(' '))}`, this.summary(row), 'xtrack.openCharts', [row.run_id]);
  }

  private summary(row: RunRow): string {
    const metric = keyMetric(row.metrics, setting('keyMetric'));
    return [row.name, statusWord(row.status), progressText(row), metric && metricText(metric)]
      .filter(Boolean)
      .join(', ');
  }

  private show(text: string, tooltip: string, command: CommandId, args: unknown[]): void {
    this.item.text = text;
    this.item.tooltip = tooltip;
    this.item.command = { command, title: tooltip, arguments: args };
    this.item.accessibilityInformation = { label: `XTrack: ${tooltip}`, role: 'button' };
    this.item.show();
  }
}

/** `$(name)` in a run's name must not become an icon. */
function iconless(text: string): string {
  return text.replaceAll('$(', '$ (');
}
