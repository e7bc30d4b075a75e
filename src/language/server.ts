/** The language server: LSP on stdio (`node dist/language.js --stdio`), a process of its own. */
import { createConnection, ProposedFeatures, TextDocuments, TextDocumentSyncKind } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { trainingEntryPoint } from './trainingScript';

const connection = createConnection(ProposedFeatures.all);
const documents = new TextDocuments(TextDocument);

connection.onInitialize(() => ({
  capabilities: {
    textDocumentSync: TextDocumentSyncKind.Incremental,
    codeLensProvider: { resolveProvider: false },
  },
}));

connection.onCodeLens(({ textDocument }) => {
  const document = documents.get(textDocument.uri);
  const entry = document && trainingEntryPoint(document.getText());
  if (!entry) return [];
  const start = { line: entry.line, character: 0 };
  return [
    {
      range: { start, end: start },
      command: {
        title: '$(play) Track this script',
        command: 'xtrack.launchCurrentFile',
        arguments: [textDocument.uri],
      },
    },
  ];
});

documents.listen(connection);
connection.listen();
