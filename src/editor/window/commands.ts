import type * as vscode from 'vscode';
import { isTrusted, showFailure } from './messages';

export type Handler = (...args: unknown[]) => unknown;

/** A handler for each command that a feature declares: neither a missing nor an undeclared one compiles. */
export type Handlers<Contribution extends { commands: object }> = Record<keyof Contribution['commands'], Handler>;

/** In a workspace that is not trusted, says so and does nothing. */
export function trusted(handler: Handler): Handler {
  return async (...args) => ((await isTrusted()) ? handler(...args) : undefined);
}

/** Runs commands. A failure is shown to the user, and the command's result is undefined. */
export function commandRunner<Id extends string>(
  handlers: Record<Id, Handler>,
  log: vscode.LogOutputChannel,
): (id: Id, args: unknown[]) => Promise<unknown> {
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
