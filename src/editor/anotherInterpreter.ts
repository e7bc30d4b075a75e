/** What cannot run with its interpreter, because that one is gone, runs with the one that is chosen now. */
import * as vscode from 'vscode';
import { ApiError } from '../protocol/apiError';
import { findInterpreter, knownInterpreters } from './interpreter';
import { plain } from './messages';

/** `cwd`: where it runs. Undefined when the user does not want another one. */
export async function withAnotherInterpreter<T>(
  act: (interpreter?: { interpreter: string }) => Promise<T>,
  cwd: () => Promise<string>,
  log: vscode.LogOutputChannel,
): Promise<T | undefined> {
  const tried: string[] = [];
  for (let other: string | undefined; ;) {
    try {
      return await act(other === undefined ? undefined : { interpreter: other });
    } catch (error) {
      if (!(error instanceof ApiError) || error.data.field !== 'interpreter') throw error;
      log.warn(error.message);
      tried.push(error.message);
      other = await askForAnother(tried, await cwd(), log);
      if (other === undefined) return undefined;
    }
  }
}

/** `problems`: what was said of those that were tried; the last one is shown. */
async function askForAnother(
  problems: string[],
  cwd: string,
  log: vscode.LogOutputChannel,
): Promise<string | undefined> {
  const { path } = await findInterpreter(undefined, cwd, log);
  const isLeft = (one: string): boolean => !problems.some((problem) => problem.includes(` ${one} `));
  const known = [path, ...(await knownInterpreters())].filter(isLeft);
  const use = known[0] === undefined ? [] : [vscode.l10n.t('Use {0}', known[0])];
  const choose = vscode.l10n.t('Choose Another…');
  const answer = await vscode.window.showErrorMessage(plain(problems.at(-1)!, 600), ...use, choose);
  if (answer !== choose) return answer && known[0];
  const browse = vscode.l10n.t('$(folder-opened) Another interpreter…');
  const title = vscode.l10n.t('Which Python?');
  const picked = known.length > 0 ? await vscode.window.showQuickPick([...new Set(known), browse], { title }) : browse;
  if (picked !== browse) return picked;
  return (await vscode.window.showOpenDialog({ title }))?.[0]?.fsPath;
}
