/**
 * Starts the language server for Python files. A bundle of its own (dist/languageClient.js), loaded with the first
 * Python file, so that activation does not pay for it.
 */
import { LanguageClient, TransportKind } from 'vscode-languageclient/node';
import * as vscode from 'vscode';

/** Files, cells of notebooks and interactive windows, and what is typed into the latter. */
const SCHEMES = ['file', 'vscode-notebook-cell', 'vscode-interactive-input'];

/** Owns the server process until it is disposed of. `rulePages` is the URI of the folder with the pages of its rules. */
export async function startLanguageClient(
  serverModule: string,
  rulePages: string,
  log: vscode.LogOutputChannel,
): Promise<vscode.Disposable> {
  const run = { module: serverModule, transport: TransportKind.stdio };
  const client = new LanguageClient(
    'xtrack.language',
    'XTrack language server',
    { run, debug: run },
    {
      documentSelector: SCHEMES.map((scheme) => ({ language: 'python', scheme })),
      outputChannel: log,
      initializationOptions: { texts: vscode.l10n.bundle, rulePages },
    },
  );
  await client.start();
  return { dispose: () => void client.dispose() };
}
