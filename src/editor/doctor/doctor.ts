import * as vscode from 'vscode';
import { DisposableStore } from '../../base/disposable';
import { doctorReport, type Report } from './doctorReport';
import { type DoctorFacts, editorFindings } from './editorFindings';
import { pythonFindings } from './pythonDoctor';

const SCHEME = 'xtrack-doctor';
const REPORT = vscode.Uri.from({ scheme: SCHEME, path: '/XTrack Doctor' });

export interface DoctorPorts {
  facts(): Promise<DoctorFacts>;
  /** For the client's doctor. */
  python(): Promise<{ cwd: string; env: NodeJS.ProcessEnv }>;
}

/** `XTrack: Doctor`: a document that says what is wrong, why a run is not shown and what to do, with a button for each finding. */
export class Doctor implements vscode.TextDocumentContentProvider, vscode.CodeLensProvider, vscode.Disposable {
  private readonly owned = new DisposableStore();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly lensesChanged = new vscode.EventEmitter<void>();
  private report: Report = { text: '', fixes: [] };
  readonly onDidChange = this.changed.event;
  readonly onDidChangeCodeLenses = this.lensesChanged.event;

  constructor(private readonly ports: DoctorPorts) {
    this.owned.add(vscode.workspace.registerTextDocumentContentProvider(SCHEME, this));
    this.owned.add(vscode.languages.registerCodeLensProvider({ scheme: SCHEME }, this));
  }

  dispose(): void {
    this.owned.dispose();
    this.changed.dispose();
    this.lensesChanged.dispose();
  }

  /** Resolves to the report that it shows, or undefined if it was canceled. */
  async run(): Promise<string | undefined> {
    const location = vscode.ProgressLocation.Notification;
    const title = vscode.l10n.t('XTrack: running diagnostics');
    const report = await vscode.window.withProgress({ location, title, cancellable: true }, (_progress, cancel) =>
      this.examine(cancel),
    );
    if (!report) return undefined;
    this.report = report;
    this.changed.fire(REPORT);
    this.lensesChanged.fire();
    await vscode.window.showTextDocument(REPORT, { preview: true });
    return report.text;
  }

  provideTextDocumentContent(): string {
    return this.report.text || vscode.l10n.t('Run "XTrack: Doctor" again for a new report.');
  }

  provideCodeLenses(): vscode.CodeLens[] {
    if (!this.report.text) return [];
    const again = { title: vscode.l10n.t('$(refresh) Check Again'), command: 'xtrack.doctor' };
    const at = (line: number): vscode.Range => new vscode.Range(line, 0, line, 0);
    return [
      new vscode.CodeLens(at(0), again),
      ...this.report.fixes.map(
        ({ line, fix }) =>
          new vscode.CodeLens(at(line), { title: fix.title, command: fix.command, arguments: fix.args ?? [] }),
      ),
    ];
  }

  private async examine(cancel: vscode.CancellationToken): Promise<Report | undefined> {
    const facts = await this.ports.facts();
    const found = editorFindings(facts);
    const { path, error } = facts.interpreter;
    if (facts.trusted && error === null && !cancel.isCancellationRequested) {
      found.push(...(await pythonFindings({ interpreter: path, cancel, ...(await this.ports.python()) })));
    }
    if (cancel.isCancellationRequested) return undefined;
    return doctorReport(found, vscode.l10n.t('XTrack Doctor · {0}', new Date().toLocaleString()));
  }
}
