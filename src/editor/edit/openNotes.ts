import * as vscode from 'vscode';
import type { Collectors } from '../collectors/collectors';
import { NOTES_SCHEME } from '../manifest/ids';
import { textColumn } from '../window/textColumn';

/** Opens a run's notes as a Markdown file named after the run. */
export async function openNotes(collectors: Collectors, run_id: string): Promise<void> {
  const { name } = await collectors.callRun(run_id, 'runs.get', { run_id });
  const readable = name
    .replaceAll(/[\\/:*?"<>|\s]+/g, ' ')
    .slice(0, 60)
    .trim();
  const uri = vscode.Uri.from({ scheme: NOTES_SCHEME, path: `/${run_id}/${readable || run_id}.md` });
  await vscode.window.showTextDocument(uri, { preview: false, viewColumn: textColumn() });
}
