import * as vscode from 'vscode';
import type { FolderSettings, WindowSettings } from '../contributions';

/** A setting's value for the window, or, of those that folders have, for a file or folder; package.json has the default. */
export function setting<K extends keyof WindowSettings>(name: K): WindowSettings[K];
export function setting<K extends keyof FolderSettings>(
  name: K,
  scope: vscode.ConfigurationScope | undefined,
): FolderSettings[K];
export function setting(name: string, scope?: vscode.ConfigurationScope): unknown {
  return vscode.workspace.getConfiguration('xtrack', scope).get(name);
}
