/** A run is started again with the interpreter that it had; where that is gone, with the one that is chosen now. */
import * as vscode from 'vscode';
import { ApiError } from '../protocol/apiError';
import { findInterpreter } from './interpreter';
import { plain } from './messages';

/** `cwd`: where the run runs. Undefined when the user does not want another one. */
export async function withAnotherInterpreter<T>(
  act: (interpreter?: { interpreter: string }) => Promise<T>,
  cwd: () => Promise<string>,
  log: vscode.LogOutputChannel,
): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof ApiError) || error.data.field !== 'interpreter') throw error;
    const { path } = await findInterpreter(undefined, await cwd(), log);
    // It was that one.
    if (error.message.includes(` ${path} `)) throw error;
    log.warn(error.message);
    const use = vscode.l10n.t('Use {0}', path);
    const answer = await vscode.window.showErrorMessage(plain(error.message, 600), use);
    return answer === use ? act({ interpreter: path }) : undefined;
  }
}
