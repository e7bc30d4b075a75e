import * as vscode from 'vscode';
import { join } from 'node:path';
import { DisposableStore } from '../../base/disposable';

/** Starts the language server when the first Python file is opened, or at once if one is open. */
export class LanguageOnDemand implements vscode.Disposable {
  private readonly owned = new DisposableStore();
  private started = false;

  constructor(
    private readonly dist: string,
    private readonly rulePages: string,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.owned.add(vscode.workspace.onDidOpenTextDocument((document) => this.consider(document)));
    for (const document of vscode.workspace.textDocuments) this.consider(document);
  }

  dispose(): void {
    this.owned.dispose();
  }

  private consider(document: vscode.TextDocument): void {
    if (this.started || document.languageId !== 'python') return;
    this.started = true;
    this.start().catch((error: unknown) => this.log.error(`The language server did not start: ${String(error)}`));
  }

  private async start(): Promise<void> {
    // A bundle of its own: only windows with Python files load it.
    const { startLanguageClient } = await import('./languageClient');
    this.owned.add(await startLanguageClient(join(this.dist, 'language.js'), this.rulePages, this.log));
  }
}
