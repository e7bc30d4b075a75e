import * as vscode from 'vscode';
import type { Collectors } from '../collectors/collectors';

/** Serves a run's notes as a Markdown file; saving the file saves the notes in the run. */
export class NotesFiles implements vscode.FileSystemProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  private readonly times = new Map<string, number>();
  readonly onDidChangeFile = this.changed.event;

  /** `source` may still be loading. */
  constructor(private readonly source: () => Promise<Pick<Collectors, 'callRun'>>) {}

  async stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    // The editor stats a run's folder before it writes.
    if (uri.path.split('/').length < 3) return { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0 };
    const { length } = await this.readFile(uri);
    return { type: vscode.FileType.File, ctime: 0, mtime: this.times.get(uri.path) ?? 0, size: length };
  }

  async readFile(uri: vscode.Uri): Promise<Uint8Array> {
    const run_id = runOf(uri);
    const { notes } = await (await this.source()).callRun(run_id, 'runs.get', { run_id });
    return Buffer.from(notes);
  }

  async writeFile(uri: vscode.Uri, content: Uint8Array): Promise<void> {
    const run_id = runOf(uri);
    await (
      await this.source()
    ).callRun(run_id, 'runs.update', {
      run_ids: [run_id],
      notes: new TextDecoder().decode(content),
    });
    this.times.set(uri.path, Date.now());
    this.changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  readDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }
  createDirectory(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }
  delete(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }
  rename(uri: vscode.Uri): never {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  dispose(): void {
    this.changed.dispose();
  }
}

function runOf(uri: vscode.Uri): string {
  const [, run_id] = uri.path.split('/');
  if (!run_id) throw vscode.FileSystemError.FileNotFound(uri);
  return run_id;
}
