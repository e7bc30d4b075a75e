import * as vscode from 'vscode';
import type { ContextKey } from '../manifest/ids';

export function setContext(key: ContextKey, value: unknown): Thenable<unknown> {
  return vscode.commands.executeCommand('setContext', key, value);
}
