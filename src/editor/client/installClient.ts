import * as vscode from 'vscode';
import { delimiter } from 'node:path';
import { messageOf } from '../../base/unknown';
import { userError } from '../../protocol/apiError';
import { findInterpreter, knownInterpreters } from '../python/interpreter';
import { plain } from '../window/messages';
import { packageText, type Probe, probeInterpreter } from '../python/pythonProbe';
import { findWheel, installWheel, managedText, verifyClient } from './clientPackage';
import { clusterText } from './clusterText';

export interface InstallPorts {
  /** Resolves to the folder with the client and its wheel, which stays the same over updates. */
  client(): Promise<string>;
  /** The environment of scripts, without what we add to their path. */
  env(): NodeJS.ProcessEnv;
  /** The folder that interpreters are chosen for. */
  folder(): vscode.WorkspaceFolder | undefined;
  /** The runs' directory and, if it responds, the collector. */
  directory(): Promise<{ dir: string; address: { port: number; token: string } | null }>;
  log: vscode.LogOutputChannel;
}

type Choice = vscode.QuickPickItem & { take: () => Promise<unknown> };

/** Installs the client for scripts that are not launched from here: in another interpreter or on another machine. */
export class InstallClient {
  constructor(private readonly ports: InstallPorts) {}

  /** Installs into the given interpreter, or asks where to. */
  async run(interpreter?: unknown): Promise<unknown> {
    if (typeof interpreter === 'string') return this.into(interpreter);
    const chosen = await vscode.window.showQuickPick(await this.choices(), {
      title: vscode.l10n.t('Install the XTrack Client'),
      placeHolder: vscode.l10n.t('Scripts launched from VS Code need no installation. Select where other scripts run'),
      matchOnDescription: true,
    });
    return chosen?.take();
  }

  private async choices(): Promise<Choice[]> {
    const folder = this.ports.folder();
    const { path, origin } = await findInterpreter(folder?.uri, folder?.uri.fsPath ?? '', this.ports.log);
    const others = (await knownInterpreters()).filter((other) => other !== path);
    const said = {
      setting: vscode.l10n.t('from the setting xtrack.interpreter'),
      extension: vscode.l10n.t('selected in the Python extension'),
      path: vscode.l10n.t('first on the PATH'),
    };
    const interpreters = [
      { path, description: said[origin] },
      ...others.map((other) => ({ path: other, description: '' })),
    ];
    return [
      ...interpreters.map((each) => ({
        label: `$(symbol-misc) ${each.path}`,
        description: each.description,
        take: () => this.into(each.path),
      })),
      { label: vscode.l10n.t('$(folder-opened) Browse…'), take: () => this.browse() },
      { label: '', kind: vscode.QuickPickItemKind.Separator, take: async () => undefined },
      {
        label: vscode.l10n.t('$(remote) On a cluster, in a container…'),
        detail: vscode.l10n.t(
          'Shows the commands to run there, with the path of the client, the directory and the connection',
        ),
        take: () => this.elsewhere(),
      },
      {
        label: vscode.l10n.t('$(copy) Copy the path for PYTHONPATH'),
        detail: vscode.l10n.t('Installs nothing; the path stays valid when the extension is updated'),
        take: () => this.copyPath(),
      },
    ];
  }

  private async browse(): Promise<unknown> {
    const picked = await vscode.window.showOpenDialog({
      title: vscode.l10n.t('Select a Python Interpreter'),
      openLabel: vscode.l10n.t('Install'),
    });
    return picked?.[0] && this.into(picked[0].fsPath);
  }

  /** Resolves to where it was installed; undefined if canceled. */
  private async into(interpreter: string): Promise<{ version: string; file: string } | undefined> {
    const client = await this.ports.client();
    const wheel = await findWheel(client);
    const env = this.ports.env();
    const probe = await probeInterpreter(interpreter, env, [client]);
    if (probe.managed) return this.refuse(managedText(probe.executable));
    if (!(await this.mayReplace(probe))) return undefined;
    const title = vscode.l10n.t('Installing the XTrack client into {0}', probe.executable);
    const location = vscode.ProgressLocation.Notification;
    try {
      await vscode.window.withProgress({ location, title, cancellable: true }, async (_progress, cancel) => {
        await installWheel(probe, wheel, env, cancel).catch((error: unknown) => {
          throw cancel.isCancellationRequested ? new vscode.CancellationError() : error;
        });
      });
    } catch (error) {
      if (error instanceof vscode.CancellationError) return undefined;
      this.ports.log.error(`Installing into ${probe.executable}: ${String(error)}`);
      return this.refuse(messageOf(error));
    }
    const there = await verifyClient(probe, env);
    if (!there) {
      throw userError(
        'io',
        vscode.l10n.t(
          'The client was installed into {0}, but cannot be imported there. Run XTrack: Doctor to find out why.',
          probe.executable,
        ),
      );
    }
    this.ports.log.info(`Installed client ${there.version} into ${probe.executable}: ${there.file}`);
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        'Installed the XTrack client {0} into {1}. Scripts that run with it are tracked.',
        there.version,
        probe.executable,
      ),
    );
    return there;
  }

  /** pip would remove a package of the same name that is not ours. */
  private async mayReplace({ xtrack, executable }: Probe): Promise<boolean> {
    if (!xtrack || xtrack.ours) return true;
    const replace = vscode.l10n.t('Replace');
    const path = vscode.l10n.t('Copy the Path for PYTHONPATH');
    const answer = await vscode.window.showWarningMessage(
      vscode.l10n.t('{0} already has another package named xtrack: {1}', executable, packageText(xtrack)),
      {
        modal: true,
        detail: vscode.l10n.t(
          'Both are imported as "xtrack". Installing the client replaces {0}. With PYTHONPATH, you can choose for each script.',
          xtrack.file,
        ),
      },
      path,
      replace,
    );
    if (answer === path) await this.copyPath();
    return answer === replace;
  }

  private async refuse(message: string): Promise<undefined> {
    const other = vscode.l10n.t('Choose Another Interpreter…');
    const path = vscode.l10n.t('Copy the Path for PYTHONPATH');
    void vscode.window.showErrorMessage(plain(message, 600), other, path).then(async (answer) => {
      if (answer === other) await this.run();
      else if (answer === path) await this.copyPath();
    });
    return undefined;
  }

  private async copyPath(): Promise<void> {
    const client = await this.ports.client();
    await vscode.env.clipboard.writeText(client);
    const message = vscode.l10n.t('Copied. Put it first in PYTHONPATH, before a {0}: {1}', `“${delimiter}”`, client);
    void vscode.window.showInformationMessage(message);
  }

  private async elsewhere(): Promise<void> {
    const wheel = await findWheel(await this.ports.client());
    const content = clusterText({ wheel, ...(await this.ports.directory()) });
    const document = await vscode.workspace.openTextDocument({ language: 'shellscript', content });
    await vscode.window.showTextDocument(document, { preview: true });
    const copy = vscode.l10n.t('Copy Everything');
    const message = vscode.l10n.t('These are the commands for the other machine. They contain a secret token.');
    void vscode.window.showInformationMessage(message, copy).then((answer) => {
      if (answer === copy) void vscode.env.clipboard.writeText(content);
    });
  }
}
