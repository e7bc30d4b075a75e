/** Another package on PyPI, for accelerator physics, has our import name: warn before it is shadowed. */
import * as vscode from 'vscode';
import type { LaunchRequest } from '../../protocol/api';
import { plain } from '../window/messages';
import { packageText, probeInterpreter } from '../python/pythonProbe';
import { packageBeside } from './packageBeside';

const ACCEPTED = 'xtrack.acceptedCollisions';

export class NameCollision {
  /** Each interpreter, with what is on its path, is probed once per window. */
  private readonly probes = new Map<string, Promise<string | null>>();

  constructor(
    private readonly memory: vscode.Memento,
    private readonly clients: () => string[],
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** Asks before a script is launched; false if the user cancels. */
  async accepts(request: LaunchRequest): Promise<boolean> {
    const { interpreter = 'python3', env } = request;
    const beside = await packageBeside(request);
    const other = beside ?? (await this.lookAt(interpreter, env));
    if (other === null) return true;
    const id = `${interpreter}\n${other}`;
    const accepted = this.memory.get<string[]>(ACCEPTED) ?? [];
    if (accepted.includes(id)) return true;
    const always = vscode.l10n.t("Launch and Don't Ask Again");
    const once = vscode.l10n.t('Launch');
    const detail = beside
      ? vscode.l10n.t(
          'While the script runs, "import xtrack" finds that file instead of the XTrack client. What the script prints is recorded, what it logs is not.',
        )
      : vscode.l10n.t(
          'While the script is tracked, "import xtrack" finds the XTrack client first. A script that needs the other package fails.',
        );
    const message = vscode.l10n.t('There is another package named xtrack: {0}', plain(other, 300));
    const answer = await vscode.window.showWarningMessage(message, { modal: true, detail }, once, always);
    if (answer === always) await this.memory.update(ACCEPTED, [...accepted, id]);
    return answer !== undefined;
  }

  private lookAt(interpreter: string, env: NodeJS.ProcessEnv): Promise<string | null> {
    const id = `${interpreter}\n${env['PYTHONPATH'] ?? ''}`;
    let probe = this.probes.get(id);
    if (!probe) {
      probe = this.probe(interpreter, env, () => this.probes.delete(id));
      this.probes.set(id, probe);
    }
    return probe;
  }

  private async probe(interpreter: string, env: NodeJS.ProcessEnv, forget: () => void): Promise<string | null> {
    try {
      const { xtrack } = await probeInterpreter(interpreter, env, this.clients());
      return xtrack && !xtrack.ours ? `${packageText(xtrack)}, ${xtrack.file}` : null;
    } catch (error) {
      // The launch reports what is wrong with the interpreter; it may be fixed by the next time.
      this.log.info(`${interpreter} could not be looked at: ${String(error)}`);
      forget();
      return null;
    }
  }
}
