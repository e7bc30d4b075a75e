/** Tasks of type `xtrack`: launch profiles, and entries of tasks.json, run as tracked runs in the task's terminal. */
import * as vscode from 'vscode';
import { messageOf } from '../../base/unknown';
import { userError } from '../../protocol/apiError';
import type { Launched } from '../../protocol/rows';
import { TASK_TYPE } from '../manifest/ids';
import { requireTrust } from '../window/messages';
import { profileProblem } from './launchProfile';
import { allProfiles, type FolderProfile, profileNamed } from './profiles';

/** A run's console as a terminal shows it. */
export interface FollowedOutput extends vscode.Disposable {
  readonly onWrite: vscode.Event<string>;
  /** Resolves to the exit code: 1 for a run without one that did not complete. */
  readonly onEnd: vscode.Event<number>;
  type(text: string): void;
}

export interface TaskPorts {
  launch(profile: FolderProfile): Promise<Launched | undefined>;
  follow(run_id: string): FollowedOutput;
  stop(run_id: string): Promise<unknown>;
  log: vscode.LogOutputChannel;
}

export class RunTasks implements vscode.TaskProvider {
  constructor(private readonly ports: TaskPorts) {}

  provideTasks(): vscode.Task[] {
    const several = (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
    return allProfiles(this.ports.log).map(({ profile, folder }) => {
      // The editor distinguishes tasks by their definitions alone, so each has to be unique.
      const definition = { type: TASK_TYPE, profile: profile.name, ...(several && { folder: folder.name }) };
      return this.make(definition, folder, profile.name, () => ({ profile, folder }));
    });
  }

  resolveTask({ definition, scope, name }: vscode.Task): vscode.Task {
    const folders = vscode.workspace.workspaceFolders ?? [];
    const named = folders.find((each) => each.name === definition['folder']);
    const folder = named ?? (typeof scope === 'object' ? scope : folders[0]);
    return this.make(definition, scope ?? vscode.TaskScope.Workspace, name, () => {
      const { type: _type, folder: _folder, profile, ...rest } = definition;
      if (typeof profile === 'string') return profileNamed(profile, this.ports.log, folder);
      const entry = { ...rest, name };
      const problem = profileProblem(entry);
      if (problem !== null) throw userError('invalid', vscode.l10n.t('The task {0} is invalid: {1}.', name, problem));
      if (!folder) throw userError('invalid', vscode.l10n.t('Open a folder first.'));
      return { profile: entry, folder };
    });
  }

  private make(
    definition: vscode.TaskDefinition,
    scope: vscode.WorkspaceFolder | vscode.TaskScope,
    name: string,
    what: () => FolderProfile,
  ): vscode.Task {
    const execution = new vscode.CustomExecution(() => Promise.resolve(new RunTerminal(what, this.ports)));
    const task = new vscode.Task(definition, scope, name, 'xtrack', execution, []);
    task.isBackground = false;
    return task;
  }
}

/** Shows a run from launch to end. Closing it does not stop the run: reloading the window closes it too. */
class RunTerminal implements vscode.Pseudoterminal {
  private readonly written = new vscode.EventEmitter<string>();
  private readonly closed = new vscode.EventEmitter<number>();
  private output: FollowedOutput | null = null;
  private run_id: string | null = null;
  private isClosed = false;
  readonly onDidWrite = this.written.event;
  readonly onDidClose = this.closed.event;

  constructor(
    private readonly what: () => FolderProfile,
    private readonly ports: TaskPorts,
  ) {}

  open(): void {
    this.start().catch((error: unknown) => {
      this.written.fire(`${messageOf(error)}\r\n`);
      this.closed.fire(1);
    });
  }

  /** Ctrl-C stops the run, as it would a script. */
  handleInput(text: string): void {
    if (text !== '\x03') this.output?.type(text);
    else if (this.run_id !== null)
      this.ports.stop(this.run_id).catch((error: unknown) => this.ports.log.warn(`Stop: ${String(error)}`));
  }

  close(): void {
    this.isClosed = true;
    this.output?.dispose();
  }

  private async start(): Promise<void> {
    requireTrust();
    const launched = await this.ports.launch(this.what());
    if (!launched) throw userError('invalid', vscode.l10n.t('Nothing was launched.'));
    this.run_id = launched.run_id;
    if (this.isClosed) return;
    this.output = this.ports.follow(launched.run_id);
    this.output.onWrite((text) => this.written.fire(text));
    this.output.onEnd((code) => this.closed.fire(code));
  }
}
