import type * as vscode from 'vscode';
import type { CommandId } from '../contributions';
import { showFailure } from './messages';

export type Handler = (...args: unknown[]) => unknown;

/** A handler for each contributed command: one that is missing does not compile. */
export type Handlers = Record<CommandId, Handler>;

/** Carries out commands; what fails is told to the user, and answered with nothing. */
export function commandRunner(
  handlers: Handlers,
  log: vscode.LogOutputChannel,
): (id: CommandId, args: unknown[]) => Promise<unknown> {
  return async (id, args) => {
    try {
      return await handlers[id](...args);
    } catch (error) {
      // Not awaited: whoever called a command need not wait until its message is closed.
      void showFailure(error, log);
      return undefined;
    }
  };
}
