import * as vscode from 'vscode';
import { ApiError } from '../../protocol/apiError';
import { plain } from '../window/messages';
import { findInterpreter, knownInterpreters } from './interpreter';

/**
 * Runs `act`; while it fails because its Python interpreter cannot be used, asks for another one and tries again with
 * that. `cwd` is where the script runs. Undefined when the user chooses none.
 */
export async function withAnotherInterpreter<T>(
  act: (interpreter?: { interpreter: string }) => Promise<T>,
  cwd: () => Promise<string>,
  log: vscode.LogOutputChannel,
): Promise<T | undefined> {
  const tried = new Set<string>();
  for (let other: string | undefined; ;) {
    try {
      return await act(other === undefined ? undefined : { interpreter: other });
    } catch (error) {
      if (!(error instanceof ApiError) || error.data.field !== 'interpreter') throw error;
      log.warn(error.message);
      // The collector names the file that it found for a name such as "python3": neither is offered again.
      for (const one of [other, error.data.interpreter]) if (one !== undefined) tried.add(one);
      other = await askForAnother(error.message, tried, await cwd(), log);
      if (other === undefined) return undefined;
    }
  }
}

async function askForAnother(
  problem: string,
  tried: ReadonlySet<string>,
  cwd: string,
  log: vscode.LogOutputChannel,
): Promise<string | undefined> {
  const { path } = await findInterpreter(undefined, cwd, log);
  const known = [...new Set([path, ...(await knownInterpreters())])].filter((one) => !tried.has(one));
  const [first] = known;
  const use = first === undefined ? [] : [vscode.l10n.t('Use {0}', first)];
  const choose = vscode.l10n.t('Choose Another…');
  const answer = await vscode.window.showErrorMessage(plain(problem, 600), ...use, choose);
  if (answer !== choose) return answer && first;
  const browse = vscode.l10n.t('$(folder-opened) Browse…');
  const title = vscode.l10n.t('Select a Python Interpreter');
  const picked = known.length > 0 ? await vscode.window.showQuickPick([...known, browse], { title }) : browse;
  if (picked !== browse) return picked;
  return (await vscode.window.showOpenDialog({ title }))?.[0]?.fsPath;
}
