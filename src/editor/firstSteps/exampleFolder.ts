import * as vscode from 'vscode';
import { Emitter } from '../../base/emitter';

const NAME = 'xtrack-example';
const COPIES = 'xtrack.examples';
const OPENING = 'xtrack.openingExample';
const SCRIPT = 'train.py';

/** Copies the example to a folder of the user's, and opens it with its script and the runs visible. */
export class ExampleFolder {
  private readonly opened = new Emitter<void>();
  readonly onOpened = this.opened.event;

  constructor(
    private readonly extension: vscode.Uri,
    private readonly memory: vscode.Memento,
  ) {}

  /** Where copies were put. */
  get copies(): string[] {
    return this.memory.get<string[]>(COPIES) ?? [];
  }

  /** Copies the example and opens it; an existing copy is opened as it is. With a folder given, the caller opens it. */
  async open(into?: vscode.Uri): Promise<vscode.Uri | undefined> {
    const parent = into ?? (await pickParent());
    if (!parent) return undefined;
    const target = vscode.Uri.joinPath(parent, NAME);
    if (!(await isThere(target))) {
      await vscode.workspace.fs.copy(vscode.Uri.joinPath(this.extension, 'media', 'example'), target);
      // Its runs stay its own wherever it is put, and the window that opens it knows at once that there may be runs.
      await vscode.workspace.fs.createDirectory(vscode.Uri.joinPath(target, '.xtrack'));
    }
    await this.memory.update(COPIES, [...new Set([...this.copies, target.fsPath])]);
    if (!into) {
      await this.memory.update(OPENING, target.fsPath);
      const forceNewWindow = (vscode.workspace.workspaceFolders?.length ?? 0) > 0;
      await vscode.commands.executeCommand('vscode.openFolder', target, { forceNewWindow });
    }
    this.opened.fire();
    return target;
  }

  /** Shows the script and the runs, once, in the window that was opened for the example. */
  async showOpened(): Promise<void> {
    const opening = this.memory.get<string>(OPENING);
    const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.fsPath === opening);
    if (!folder) return;
    await this.memory.update(OPENING, undefined);
    await vscode.window.showTextDocument(vscode.Uri.joinPath(folder.uri, SCRIPT));
    await vscode.commands.executeCommand('xtrack.runs.focus', { preserveFocus: true });
  }
}

function isThere(uri: vscode.Uri): Thenable<boolean> {
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}

async function pickParent(): Promise<vscode.Uri | undefined> {
  const picked = await vscode.window.showOpenDialog({
    canSelectFiles: false,
    canSelectFolders: true,
    title: vscode.l10n.t('Select a Folder for the Example'),
    openLabel: vscode.l10n.t('Create Here'),
  });
  return picked?.[0];
}
