/** The language server: a separate process that speaks LSP on stdio (`node dist/language.js --stdio`). */
import {
  createConnection,
  DocumentDiagnosticReportKind,
  ProposedFeatures,
  TextDocuments,
  TextDocumentSyncKind,
} from 'vscode-languageserver/node';
import { setTexts } from '../base/texts';
import { PythonSource } from './python/pythonSource';
import { TrackingLenses } from './lenses/trackingLenses';
import { diagnosticsOf } from './rules/diagnostics';

const connection = createConnection(ProposedFeatures.all);
const sources = new TextDocuments({
  create: (uri, languageId, version, text) => PythonSource.create(uri, languageId, version, text),
  update: (source: PythonSource, changes, version) => source.update(changes, version),
});
const lenses = new TrackingLenses();
let rulePages: string | undefined;

connection.onInitialize(({ initializationOptions }) => {
  // Only VS Code sends these.
  const options = initializationOptions as { texts?: Record<string, string>; rulePages?: string } | undefined;
  setTexts(options?.texts);
  rulePages = options?.rulePages;
  return {
    capabilities: {
      textDocumentSync: TextDocumentSyncKind.Incremental,
      codeLensProvider: { resolveProvider: false },
      diagnosticProvider: { interFileDependencies: false, workspaceDiagnostics: false },
    },
  };
});

connection.onCodeLens(({ textDocument }) => {
  const source = sources.get(textDocument.uri);
  return source ? lenses.of(source, cellsAround(source)) : [];
});

connection.languages.diagnostics.on(({ textDocument }) => {
  const source = sources.get(textDocument.uri);
  return { kind: DocumentDiagnosticReportKind.Full, items: source ? diagnosticsOf(source, rulePages) : [] };
});

sources.onDidClose(({ document }) => lenses.forget(document.uri));
sources.listen(connection);
connection.listen();

/** The open cells of the notebook that a cell is in; null for other documents. */
function cellsAround({ uri }: PythonSource): PythonSource[] | null {
  if (uri.startsWith('vscode-interactive-input:')) return sources.all().filter((source) => source.uri === uri);
  if (!uri.startsWith('vscode-notebook-cell:')) return null;
  const notebook = notebookOf(uri);
  return sources.all().filter((source) => notebookOf(source.uri) === notebook);
}

/** Cells of one notebook differ in their fragment. */
function notebookOf(uri: string): string {
  return uri.split('#', 1)[0]!;
}
