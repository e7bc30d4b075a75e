/** The launch profiles of the workspace's folders: read from the setting, and saved there. */
import * as vscode from 'vscode';
import { userError } from '../../protocol/apiError';
import { setting } from '../window/settings';
import { type LaunchProfile, profileProblem } from './launchProfile';

export interface FolderProfile {
  profile: LaunchProfile;
  folder: vscode.WorkspaceFolder;
}

export function allProfiles(log: vscode.LogOutputChannel): FolderProfile[] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  // Folders without profiles of their own have those of the window.
  const first = folders.find((folder) => !hasOwn(folder));
  return folders.filter((folder) => folder === first || hasOwn(folder)).flatMap((folder) => profilesOf(folder, log));
}

/**
 * The profile of this name; `folder` decides between several. Throws an error for the user if there is none or it is
 * invalid.
 */
export function profileNamed(
  name: string,
  log: vscode.LogOutputChannel,
  folder?: vscode.WorkspaceFolder,
): FolderProfile {
  const folders = [...(folder ? [folder] : []), ...(vscode.workspace.workspaceFolders ?? [])];
  for (const each of folders) {
    const found = profilesOf(each, log).find(({ profile }) => profile.name === name);
    if (found) return found;
  }
  for (const each of folders) {
    const broken = entriesOf(each).find((entry) => (entry as { name?: unknown } | null)?.name === name);
    const problem = broken === undefined ? null : profileProblem(broken);
    if (problem !== null)
      throw userError(
        'invalid',
        vscode.l10n.t('The launch profile {0} is invalid: {1}. Fix it in xtrack.launchProfiles.', name, problem),
      );
  }
  throw userError('not_found', vscode.l10n.t('The launch profile {0} was not found in xtrack.launchProfiles.', name));
}

function profilesOf(folder: vscode.WorkspaceFolder, log: vscode.LogOutputChannel): FolderProfile[] {
  const found: FolderProfile[] = [];
  for (const entry of entriesOf(folder)) {
    const problem = profileProblem(entry);
    if (problem === null) found.push({ profile: entry as LaunchProfile, folder });
    else log.warn(`A launch profile of ${folder.name} is left out: ${problem}.`);
  }
  return found;
}

/** Saves a profile in the folder's settings, replacing one of the same name. */
export async function saveProfile(profile: LaunchProfile, folder: vscode.WorkspaceFolder): Promise<void> {
  const { workspaceFolderValue } = vscode.workspace
    .getConfiguration('xtrack', folder.uri)
    .inspect<unknown[]>('launchProfiles') ?? { workspaceFolderValue: undefined };
  // With one folder, the workspace's settings are the folder's.
  const single = vscode.workspace.workspaceFile === undefined;
  const before = single ? entriesOf(folder) : (workspaceFolderValue ?? []);
  const others = before.filter((entry) => (entry as { name?: unknown } | null)?.name !== profile.name);
  const target = single ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.WorkspaceFolder;
  await vscode.workspace.getConfiguration('xtrack', folder.uri).update('launchProfiles', [...others, profile], target);
}

function hasOwn({ uri }: vscode.WorkspaceFolder): boolean {
  return vscode.workspace.getConfiguration('xtrack', uri).inspect('launchProfiles')?.workspaceFolderValue !== undefined;
}

function entriesOf(folder: vscode.WorkspaceFolder): unknown[] {
  const entries: unknown = setting('launchProfiles', folder.uri);
  return Array.isArray(entries) ? entries : [];
}
