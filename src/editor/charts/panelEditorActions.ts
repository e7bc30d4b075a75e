/** What a panel has the editor do: open and reveal files, copy texts, save charts. */
import * as path from 'node:path';
import * as vscode from 'vscode';
import { isRecord } from '../../base/unknown';
import type { ImageKind } from '../../protocol/panel';
import { requireTrust } from '../window/messages';
import { awaitAnswer } from '../runs/commandAnswer';
import { textColumn } from '../window/textColumn';
import type { EditorActions, RunSource } from './ports';

const KIND_NAMES: Record<ImageKind, string> = {
  png: vscode.l10n.t('PNG image'),
  svg: vscode.l10n.t('SVG image'),
  csv: vscode.l10n.t('CSV table'),
};

const MOST_SHOWN = 32 * 1024 * 1024;
/** What kernels name the code of a cell. */
const NOTEBOOK_CELL = 'vscode-notebook-cell:';

export class PanelEditorActions implements EditorActions {
  constructor(private readonly source: RunSource) {}

  async command(run_id: string, type: 'pause' | 'resume' | 'checkpoint_now'): Promise<void> {
    requireTrust();
    const client = await this.source.forRun(run_id);
    const { cmd_id } = await client.call('runs.command', { run_id, type });
    await awaitAnswer(client, run_id, cmd_id);
  }

  async open(run_id: string, file: string, line: number | undefined): Promise<void> {
    const uri = await this.find(run_id, file);
    const at = line === undefined ? undefined : new vscode.Range(line - 1, 0, line - 1, 0);
    // The editor knows how to show each kind of file, not only texts.
    const options = { viewColumn: textColumn(), ...(at ? { selection: at } : {}) };
    await vscode.commands.executeCommand('vscode.open', uri, options);
  }

  async read(file: string): Promise<Uint8Array> {
    const uri = vscode.Uri.file(file);
    const found = await vscode.workspace.fs.stat(uri).then(
      (stat) => stat,
      () => null,
    );
    if (found === null || (found.type & vscode.FileType.File) === 0)
      throw new Error(vscode.l10n.t('File not found: {0}. It may have been moved or deleted since the run.', file));
    if (found.size > MOST_SHOWN)
      throw new Error(vscode.l10n.t('{0} is too large to show here. Open it in an editor.', path.basename(file)));
    return vscode.workspace.fs.readFile(uri);
  }

  async reveal(run_id: string, file: string): Promise<void> {
    const uri = await this.find(run_id, file);
    const inside = vscode.workspace.getWorkspaceFolder(uri) !== undefined;
    await vscode.commands.executeCommand(inside ? 'revealInExplorer' : 'revealFileInOS', uri);
  }

  async copy(text: string): Promise<void> {
    await vscode.env.clipboard.writeText(text);
    this.copied();
  }

  copied(): void {
    vscode.window.setStatusBarMessage(vscode.l10n.t('Copied.'), 2000);
  }

  /** The editor itself asks before it leaves for a page that is not trusted. */
  async link(url: string): Promise<void> {
    if (/^https?:\/\//.test(url)) await vscode.env.openExternal(vscode.Uri.parse(url, true));
  }

  async save(name: string, kind: ImageKind, data: string): Promise<void> {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const filters = { [KIND_NAMES[kind]]: [kind] };
    const suggested = folder && vscode.Uri.joinPath(folder, `${name}.${kind}`);
    const uri = await vscode.window.showSaveDialog({ filters, ...(suggested ? { defaultUri: suggested } : {}) });
    if (uri) await vscode.workspace.fs.writeFile(uri, Buffer.from(data, kind === 'png' ? 'base64' : 'utf8'));
  }

  /** Scripts name files as they see them: relative ones are below the run's working directory. */
  private async find(run_id: string, file: string): Promise<vscode.Uri> {
    if (file.startsWith(NOTEBOOK_CELL)) return vscode.Uri.parse(file, true);
    const candidates = path.isAbsolute(file) ? [file] : (await this.bases(run_id)).map((base) => path.join(base, file));
    for (const candidate of candidates) {
      const uri = vscode.Uri.file(candidate);
      if (await exists(uri)) return uri;
    }
    throw new Error(vscode.l10n.t('File not found: {0}. It may have been moved or deleted since the run.', file));
  }

  private async bases(run_id: string): Promise<string[]> {
    const { source } = await (await this.source.forRun(run_id)).call('runs.get', { run_id });
    const cwd = isRecord(source) ? source.cwd : null;
    const folders = vscode.workspace.workspaceFolders?.map((folder) => folder.uri.fsPath) ?? [];
    return typeof cwd === 'string' ? [cwd, ...folders] : folders;
  }
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}
