import * as vscode from 'vscode';
import { COMMANDS, type CommandId } from './contributions';
import { showFailure } from './messages';

export type Handler = (...args: unknown[]) => unknown;

/** A handler for each contributed command: one that is missing does not compile. */
export type Handlers = Record<CommandId, Handler>;

export function registerCommands(handlers: Handlers, log: vscode.LogOutputChannel): vscode.Disposable {
  return vscode.Disposable.from(
    ...COMMANDS.map((id) =>
      vscode.commands.registerCommand(id, async (...args: unknown[]) => {
        try {
          return await handlers[id](...args);
        } catch (error) {
          // Not awaited: whoever called a command need not wait until its message is closed.
          void showFailure(error, log);
          return undefined;
        }
      }),
    ),
  );
}
