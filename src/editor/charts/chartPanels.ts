/** Chart panels beside the editor: one for each choice of runs, restored after a reload. */
import * as vscode from 'vscode';
import { newPanelState, readPanelState, type StoredPanelState, type ToHost } from '../../protocol/panel';
import { CHARTS_PANEL } from '../manifest/ids';
import { PanelEditorActions } from './panelEditorActions';
import { chartsPage } from './html';
import { PanelSession } from './panelSession';
import { panelTitles } from './panelTitles';
import type { RunActions, RunColorSource, RunSource, ViewStore } from './ports';

export interface ChartPanelsDeps {
  extensionUri: vscode.Uri;
  source: RunSource;
  colors: RunColorSource;
  actions: RunActions;
  views: ViewStore;
  keyMetric: () => string;
  /** The most runs that a panel shows. */
  onShown: (runs: number) => void;
  log: (message: string) => void;
}

interface OpenPanel {
  panel: vscode.WebviewPanel;
  session: PanelSession;
}

export class ChartPanels implements vscode.Disposable, vscode.WebviewPanelSerializer {
  private readonly panels = new Set<OpenPanel>();
  private readonly editor: PanelEditorActions;
  private readonly registration: vscode.Disposable;

  constructor(private readonly deps: ChartPanelsDeps) {
    this.editor = new PanelEditorActions(deps.source);
    this.registration = vscode.window.registerWebviewPanelSerializer(CHARTS_PANEL, this);
  }

  /** Runs that have a panel, so that nothing is opened twice for them. */
  get shownRuns(): string[] {
    return [...this.panels].flatMap(({ session }) => session.state.run_ids);
  }

  /** Shows exactly these runs: in the panel that already does, else in a new one beside the editor. */
  open(run_ids: string[], options: { preserveFocus?: boolean } = {}): void {
    const wanted = [...new Set(run_ids)];
    const showing = [...this.panels].find(({ session }) => sameRuns(session.state.run_ids, wanted));
    const preserveFocus = options.preserveFocus ?? false;
    if (showing) return showing.panel.reveal(undefined, preserveFocus);
    const column = this.panels.values().next().value?.panel.viewColumn ?? vscode.ViewColumn.Beside;
    const panel = vscode.window.createWebviewPanel(CHARTS_PANEL, 'XTrack', { viewColumn: column, preserveFocus });
    this.adopt(panel, newPanelState(wanted));
  }

  /** Adds runs to the panel that is in front, or opens one. */
  add(run_ids: string[]): void {
    const front =
      [...this.panels].find(({ panel }) => panel.active) ?? [...this.panels].find(({ panel }) => panel.visible);
    if (!front) return this.open(run_ids);
    front.session.show([...new Set([...front.session.state.run_ids, ...run_ids])]);
    front.panel.reveal(undefined, true);
  }

  async deserializeWebviewPanel(panel: vscode.WebviewPanel, stored: unknown): Promise<void> {
    const state = readPanelState(stored);
    if (state.run_ids.length === 0) panel.dispose();
    else this.adopt(panel, state);
  }

  dispose(): void {
    this.registration.dispose();
    for (const { panel } of [...this.panels]) panel.dispose();
  }

  private retitle(): void {
    const opened = [...this.panels];
    const titles = panelTitles(opened.map(({ session }) => session.runs));
    // Setting a title redraws the tab even if it is the same.
    for (const [i, { panel }] of opened.entries()) if (panel.title !== titles[i]) panel.title = titles[i]!;
  }

  private adopt(panel: vscode.WebviewPanel, state: StoredPanelState): void {
    const { extensionUri, ...deps } = this.deps;
    const files = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
    const { webview } = panel;
    const session = new PanelSession(
      { ...deps, editor: this.editor },
      state,
      (message) => void webview.postMessage(message),
      (runs) => {
        this.retitle();
        this.deps.onShown(runs.length);
      },
    );
    const opened: OpenPanel = { panel, session };
    this.panels.add(opened);
    const icon = (theme: string): vscode.Uri => vscode.Uri.joinPath(extensionUri, 'media', `charts-${theme}.svg`);
    panel.iconPath = { light: icon('light'), dark: icon('dark') };
    panel.onDidChangeViewState(() => session.setVisible(panel.visible));
    panel.onDidDispose(() => {
      this.panels.delete(opened);
      session.dispose();
      this.retitle();
    });
    webview.onDidReceiveMessage((message: ToHost) => session.receive(message));
    webview.options = { enableScripts: true, localResourceRoots: [files] };
    const uri = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(files, name)).toString();
    webview.html = chartsPage({
      cspSource: webview.cspSource,
      script: uri('panel.js'),
      style: uri('panel.css'),
      codicons: uri('codicon.css'),
      language: vscode.env.language,
      texts: vscode.l10n.bundle ?? {},
    });
  }
}

function sameRuns(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((run_id) => b.includes(run_id));
}
