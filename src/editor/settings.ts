import * as vscode from 'vscode';
import type { Settings } from './contributions';

/** A setting's value for a file or folder, else for the window; package.json has the default. */
export function setting<K extends keyof Settings>(name: K, scope?: vscode.ConfigurationScope): Settings[K] {
  return vscode.workspace.getConfiguration('xtrack', scope).get(name) as Settings[K];
}
