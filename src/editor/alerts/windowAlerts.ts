import * as vscode from 'vscode';
import { plain } from '../window/messages';
import { setting } from '../window/settings';
import { readAlerts, type AlertSettings } from './alertSettings';

/** This window's alert rules and webhook; reports those that are invalid. */
export class WindowAlerts {
  private readonly reported = new Set<string>();

  constructor(private readonly log: vscode.LogOutputChannel) {}

  /** The settings of an untrusted workspace have no effect. */
  settings(): AlertSettings {
    if (!vscode.workspace.isTrusted) return { rules: [], webhook: null };
    const rules: unknown = setting('alerts');
    const written = {
      rules: Array.isArray(rules) ? rules : [],
      url: setting('webhook.url'),
      secret: setting('webhook.secret'),
    };
    const { settings, problems } = readAlerts(written, process.env);
    if (problems.length > 0) this.refuse(problems);
    return settings;
  }

  /** Reports each problem once: every collector of the window gets the same rules. */
  refuse(problems: string[]): void {
    const news = problems.filter((problem) => !this.reported.has(problem));
    for (const problem of news) {
      this.reported.add(problem);
      this.log.warn(`A rule of xtrack.alerts is left out: ${problem}`);
    }
    if (news.length > 0) void this.notify(news.join('; '));
  }

  private async notify(problems: string): Promise<void> {
    const open = vscode.l10n.t('Open Settings');
    const message = vscode.l10n.t('Some alert settings are invalid: {0}', plain(problems, 400));
    if ((await vscode.window.showWarningMessage(message, open)) === open)
      await vscode.commands.executeCommand('workbench.action.openSettings', 'xtrack.alerts xtrack.webhook');
  }
}
