import * as vscode from 'vscode';
import { basename, dirname, relative } from 'node:path';
import type { LaunchRequest } from '../../protocol/api';
import { userError } from '../../protocol/apiError';
import type { Launched } from '../../protocol/rows';
import { withAnotherInterpreter } from '../python/anotherInterpreter';
import type { Collectors } from '../collectors/collectors';
import { findInterpreter } from '../python/interpreter';
import { windowEnvironment } from '../window/windowEnvironment';
import { askArguments } from './askArguments';
import { splitArguments } from './commandLine';
import { type LaunchProfile, profileRequest } from './launchProfile';
import { patternEnvironment } from './patternEnvironment';
import { allProfiles, type FolderProfile, profileNamed, saveProfile } from './profiles';

const MEMORY = 'xtrack.arguments';
const LISTED = 500;

/** Launches scripts: the palette's questions, the arguments remembered, the request. */
export class Launcher {
  constructor(
    private readonly collectors: Collectors,
    private readonly memory: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
    /** Asked last; has told the user why when it says no. */
    private readonly mayLaunch: (request: LaunchRequest) => Promise<boolean>,
  ) {}

  /**
   * With a request (from a test or another extension) or a profile's name nothing is asked beforehand. Undefined when
   * the user changed their mind.
   */
  async launch(request?: unknown): Promise<Launched | undefined> {
    if (isRequest(request)) return this.start(vscode.Uri.file(scriptOf(request) ?? request.cwd ?? ''), request);
    if (typeof request === 'string') return this.launchProfile(profileNamed(request, this.log));
    const chosen = await this.pick();
    if (!chosen) return undefined;
    if ('profile' in chosen) return this.launchProfile(chosen);
    const folder = vscode.workspace.getWorkspaceFolder(chosen);
    const answer = await askArguments(basename(chosen.fsPath), this.remembered(chosen), folder !== undefined);
    if (!answer) return undefined;
    await this.remember(chosen, answer.text.trim());
    if (answer.profile === undefined || !folder) return this.launchScript(chosen, splitArguments(answer.text));
    const script = relative(folder.uri.fsPath, chosen.fsPath);
    const profile: LaunchProfile = { name: answer.profile, script, args: splitArguments(answer.text) };
    await saveProfile(profile, folder);
    return this.launchProfile({ profile, folder });
  }

  async launchProfile({ profile, folder }: FolderProfile): Promise<Launched | undefined> {
    const request = profileRequest(profile, folder.uri.fsPath, process.env);
    return this.start('script' in request.target ? vscode.Uri.file(request.target.script) : folder.uri, request);
  }

  /**
   * The file as it is in the editor: saved first, with the arguments it was last launched with. Where none is named and
   * no script is open, asks which.
   */
  async launchFile(file: unknown, how: Pick<LaunchRequest, 'debugger'> = {}): Promise<Launched | undefined> {
    const uri = asUri(file) ?? openScript();
    if (!uri) return this.launch();
    if (uri.scheme !== 'file') {
      throw userError('invalid', vscode.l10n.t('Save {0} to a file before you run it.', basename(uri.path)));
    }
    if (!/\.pyw?$/.test(uri.path)) {
      throw userError(
        'invalid',
        vscode.l10n.t('{0} is not a Python script. Open your training script, then launch it.', basename(uri.path)),
      );
    }
    const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri.toString());
    if (document?.isDirty && !(await document.save())) {
      throw userError('io', vscode.l10n.t('{0} could not be saved, so it was not run.', basename(uri.path)));
    }
    return this.launchScript(uri, splitArguments(this.remembered(uri)), how);
  }

  private async launchScript(
    script: vscode.Uri,
    args: string[],
    how: Pick<LaunchRequest, 'debugger'> = {},
  ): Promise<Launched | undefined> {
    return this.start(script, { ...how, target: { script: script.fsPath }, args });
  }

  private async start(
    script: vscode.Uri,
    request: Partial<LaunchRequest> & Pick<LaunchRequest, 'target'>,
  ): Promise<Launched | undefined> {
    const folder =
      vscode.workspace.getWorkspaceFolder(script)?.uri.fsPath ??
      (request.cwd || vscode.workspace.workspaceFolders?.[0]?.uri.fsPath || dirname(script.fsPath));
    const full: LaunchRequest = {
      ...request,
      interpreter: request.interpreter ?? (await findInterpreter(script, folder, this.log)).path,
      cwd: request.cwd ?? folder,
      env: { ...windowEnvironment(process.env), ...patternEnvironment(script), ...request.env },
    };
    const begin = (other?: { interpreter: string }): Promise<Launched | undefined> =>
      this.begin({ ...full, ...other }, folder);
    return withAnotherInterpreter(begin, () => Promise.resolve(folder), this.log);
  }

  private async begin(request: LaunchRequest, folder: string): Promise<Launched | undefined> {
    if (!(await this.mayLaunch(request))) return undefined;
    const client = await this.collectors.forFolder(folder);
    const launched = await client.call('runs.launch', request);
    this.collectors.remember(launched.run_id, client);
    this.log.info(`Launched ${JSON.stringify(request.target)} with ${request.interpreter} as ${launched.run_id}`);
    return launched;
  }

  private async pick(): Promise<vscode.Uri | FolderProfile | undefined> {
    const open = openScript();
    const current = open?.scheme === 'file' ? open : undefined;
    const found = await vscode.workspace.findFiles(
      '**/*.py',
      '**/{node_modules,site-packages,.venv,venv,.*}/**',
      LISTED,
    );
    const others = found.filter((uri) => uri.fsPath !== current?.fsPath).sort((a, b) => (a.path < b.path ? -1 : 1));
    const choices = [...(current ? [current] : []), ...others].map((uri) => ({
      label: `$(file-code) ${basename(uri.fsPath)}`,
      description: folderText(uri),
      detail: uri === current ? vscode.l10n.t('Current file') : undefined,
      what: uri,
    }));
    const several = (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
    const profiles = allProfiles(this.log).map((each) => ({
      label: `$(rocket) ${each.profile.name}`,
      description: profileText(each.profile),
      detail: several ? each.folder.name : undefined,
      what: each,
    }));
    const browse = { label: vscode.l10n.t('$(folder-opened) Browse…'), description: '', what: undefined };
    const separator = (label: string): vscode.QuickPickItem & { what: undefined } => ({
      label,
      kind: vscode.QuickPickItemKind.Separator,
      what: undefined,
    });
    const known =
      profiles.length === 0
        ? []
        : [separator(vscode.l10n.t('Profiles')), ...profiles, separator(vscode.l10n.t('Scripts'))];
    const chosen = await vscode.window.showQuickPick([...known, ...choices, browse], {
      title: vscode.l10n.t('Launch Script with Tracking (1/2)'),
      placeHolder: vscode.l10n.t('Select a script'),
      matchOnDescription: true,
    });
    if (!chosen || chosen.what) return chosen?.what;
    const picked = await vscode.window.showOpenDialog({
      filters: { Python: ['py'] },
      title: vscode.l10n.t('Select a script'),
    });
    return picked?.[0];
  }

  private remembered(script: vscode.Uri): string {
    return this.memory.get<Record<string, string>>(MEMORY)?.[key(script)] ?? '';
  }

  private async remember(script: vscode.Uri, text: string): Promise<void> {
    await this.memory.update(MEMORY, { ...this.memory.get<Record<string, string>>(MEMORY), [key(script)]: text });
  }
}

function profileText({ script, module, command, args, workers = 1 }: LaunchProfile): string {
  const what = script ?? (module === undefined ? command : `-m ${module}`);
  const times = workers > 1 ? vscode.l10n.t('({0} workers)', workers) : undefined;
  return [what, args, times].flat().filter(Boolean).join(' ');
}

/** The document of the active editor; it may not be saved to a file yet. */
function openScript(): vscode.Uri | undefined {
  const document = vscode.window.activeTextEditor?.document;
  return document?.languageId === 'python' ? document.uri : undefined;
}

/** The folder relative to its workspace folder; '' for the workspace folder itself. */
function folderText(script: vscode.Uri): string {
  const path = dirname(vscode.workspace.asRelativePath(script));
  return path === '.' ? '' : path;
}

/** Menus pass a Uri, code lenses its text. */
function asUri(file: unknown): vscode.Uri | undefined {
  if (file instanceof vscode.Uri) return file;
  return typeof file === 'string' ? vscode.Uri.parse(file, true) : undefined;
}

/** The path relative to its workspace folder, which is named if there are several. */
function key(script: vscode.Uri): string {
  return vscode.workspace.asRelativePath(script);
}

function isRequest(value: unknown): value is Partial<LaunchRequest> & Pick<LaunchRequest, 'target'> {
  return typeof value === 'object' && value !== null && 'target' in value;
}

function scriptOf({ target }: Pick<LaunchRequest, 'target'>): string | undefined {
  return 'script' in target ? target.script : undefined;
}
