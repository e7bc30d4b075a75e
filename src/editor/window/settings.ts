import * as vscode from 'vscode';
import type { FolderSettings, WindowSettings } from '../contributions';

/** The value of a window setting, or of a folder setting for a file or folder. Defaults are in package.json. */
export function setting<K extends keyof WindowSettings>(name: K): WindowSettings[K];
export function setting<K extends keyof FolderSettings>(
  name: K,
  scope: vscode.ConfigurationScope | undefined,
): FolderSettings[K];
export function setting(name: string, scope?: vscode.ConfigurationScope): unknown {
  return vscode.workspace.getConfiguration('xtrack', scope).get(name);
}
