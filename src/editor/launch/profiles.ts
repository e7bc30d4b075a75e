/** The launch profiles of the workspace's folders: read from the setting, and saved there. */
import * as vscode from 'vscode';
import { userError } from '../../protocol/apiError';
import { setting } from '../settings';
import { type LaunchProfile, profileProblem } from './launchProfile';

export interface FolderProfile {
  profile: LaunchProfile;
  folder: vscode.WorkspaceFolder;
}

export function allProfiles(log: vscode.LogOutputChannel): FolderProfile[] {
  const seen = new Set<string>();
  const found: FolderProfile[] = [];
  for (const folder of vscode.workspace.workspaceFolders ?? []) {
    for (const entry of entriesOf(folder)) {
      const problem = profileProblem(entry);
      if (problem !== null) {
        log.warn(`A launch profile of ${folder.name} is left out: ${problem}.`);
        continue;
      }
      const profile = entry as LaunchProfile;
      // Of the window's profiles each folder sees the same.
      const key = JSON.stringify(profile);
      if (!seen.has(key)) found.push({ profile, folder });
      seen.add(key);
    }
  }
  return found;
}

/** Throws, for the user to read, where there is none of that name, or it cannot be understood. */
export function profileNamed(name: string, log: vscode.LogOutputChannel): FolderProfile {
  const found = allProfiles(log).find(({ profile }) => profile.name === name);
  if (found) return found;
  for (const folder of vscode.workspace.workspaceFolders ?? []) {
    const broken = entriesOf(folder).find((entry) => (entry as { name?: unknown } | null)?.name === name);
    const problem = broken === undefined ? null : profileProblem(broken);
    if (problem !== null)
      throw userError(
        'invalid',
        vscode.l10n.t('The launch profile {0} cannot be used: {1}. Mend it in xtrack.launchProfiles.', name, problem),
      );
  }
  throw userError('not_found', vscode.l10n.t('There is no launch profile {0} in xtrack.launchProfiles.', name));
}

/** In the folder's settings; one of the same name is replaced. */
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

function entriesOf(folder: vscode.WorkspaceFolder): unknown[] {
  const entries: unknown = setting('launchProfiles', folder.uri);
  return Array.isArray(entries) ? entries : [];
}
