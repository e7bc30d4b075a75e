import * as vscode from 'vscode';

/** What a command answers to a user who closes every message that asks something. */
export async function closingQuestions<T>(command: Thenable<T>): Promise<T> {
  const closing = setInterval(() => void vscode.commands.executeCommand('notifications.clearAll'), 200);
  try {
    return await command;
  } finally {
    clearInterval(closing);
  }
}
