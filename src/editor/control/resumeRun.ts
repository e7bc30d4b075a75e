import * as vscode from 'vscode';
import { ApiError, userError } from '../../protocol/apiError';
import type { Checkpoint, Launched } from '../../protocol/rows';
import { formatAgo, formatNumber, toNumber } from '../../domain/format';
import { withAnotherInterpreter } from '../python/anotherInterpreter';
import type { Collectors } from '../collectors/collectors';
import { plain } from '../window/messages';
import { workingDirectory } from '../runs/openFile';

interface Again {
  changed_ok: boolean;
  interpreter?: string;
}

/** Resumes a run as its next attempt, or forks a new run from one of its checkpoints. */
export class ResumeRun {
  constructor(
    private readonly collectors: Collectors,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** Resumes from the latest checkpoint; without any, asks whether to start over. Undefined if canceled. */
  async fromLast(run_id: string): Promise<Launched | undefined> {
    const { checkpoints, name } = await this.collectors.callRun(run_id, 'runs.get', { run_id });
    if (checkpoints.length > 0) return this.resume(run_id, 'last');
    const begin = vscode.l10n.t('Start from the Beginning');
    const message = vscode.l10n.t('{0} has no checkpoint to resume from.', plain(name, 80));
    const answer = await vscode.window.showWarningMessage(message, begin);
    return answer === begin ? this.resume(run_id, 'none') : undefined;
  }

  async fromPicked(run_id: string): Promise<Launched | undefined> {
    const { checkpoints, name } = await this.collectors.callRun(run_id, 'runs.get', { run_id });
    const title = vscode.l10n.t('Resume {0} From', name);
    // Scripts mark each checkpoint that was the best so far.
    const best = checkpoints.findLast((checkpoint) => checkpoint.is_best);
    const choices = [
      ...checkpoints.map((checkpoint) => checkpointChoice(checkpoint, checkpoint === best)).reverse(),
      { label: vscode.l10n.t('$(debug-start) Beginning'), description: '', checkpoint: 'none' },
    ];
    const chosen = await vscode.window.showQuickPick(choices, { title, matchOnDescription: true });
    return chosen && this.resume(run_id, chosen.checkpoint);
  }

  /** Starts a new run from a checkpoint of this one. */
  async fork(run_id: string, checkpoint?: string): Promise<Launched | undefined> {
    const { checkpoints, name } = await this.collectors.callRun(run_id, 'runs.get', { run_id });
    if (checkpoints.length === 0)
      throw userError('invalid', vscode.l10n.t('{0} has no checkpoint to fork from.', plain(name, 80)));
    const from = checkpoint ?? (await this.pick(checkpoints, vscode.l10n.t('Fork {0} From', name)));
    if (from === undefined) return undefined;
    return this.start(run_id, from, (how) =>
      this.collectors.callRun(run_id, 'runs.again', { run_id, checkpoint: from, ...how }),
    );
  }

  private async pick(checkpoints: Checkpoint[], title: string): Promise<string | undefined> {
    const best = checkpoints.findLast((checkpoint) => checkpoint.is_best);
    const choices = checkpoints.map((checkpoint) => checkpointChoice(checkpoint, checkpoint === best)).reverse();
    return (await vscode.window.showQuickPick(choices, { title, matchOnDescription: true }))?.checkpoint;
  }

  /** Offers to stop a script that still runs after the end of its run. */
  private async offerStop(run_id: string, error: ApiError): Promise<undefined> {
    const { lives } = await this.collectors.callRun(run_id, 'runs.get', { run_id });
    if (!lives) throw error;
    const stop = vscode.l10n.t('Stop');
    const answer = await vscode.window.showWarningMessage(plain(error.message, 600), stop);
    if (answer === stop) await vscode.commands.executeCommand('xtrack.stop', run_id);
  }

  /** Asks before using a checkpoint that was changed after it was logged, or another interpreter. */
  private async start<T>(run_id: string, checkpoint: string, act: (how: Again) => Promise<T>): Promise<T | undefined> {
    const cwd = async (): Promise<string> => workingDirectory(this.collectors, run_id);
    const begin = (changed_ok: boolean): Promise<T | undefined> =>
      withAnotherInterpreter((other) => act({ changed_ok, ...other }), cwd, this.log);
    try {
      return await begin(false);
    } catch (error) {
      if (!(error instanceof ApiError) || error.data.code !== 'conflict' || error.data.field !== 'checkpoint')
        throw error;
      this.log.warn(`${checkpoint}: ${error.message}`);
      const use = vscode.l10n.t('Use Anyway');
      const answer = await vscode.window.showWarningMessage(plain(error.message, 600), use);
      return answer === use ? begin(true) : undefined;
    }
  }

  /** `checkpoint` is "last", "best", "none", or a checkpoint's id. If its file is gone, asks for another. */
  async resume(run_id: string, checkpoint: string): Promise<Launched | undefined> {
    try {
      const launched = await this.start(run_id, checkpoint, (how) =>
        this.collectors.callRun(run_id, 'runs.resume', { run_id, checkpoint, ...how }),
      );
      if (launched) this.log.info(`Resumed ${run_id} from ${checkpoint} as attempt ${launched.attempt}`);
      return launched;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.data.code === 'conflict' && error.data.field === 'run_id') return this.offerStop(run_id, error);
      if (error.data.field !== 'checkpoint') throw error;
      this.log.warn(`Resuming ${run_id} from ${checkpoint}: ${error.message}`);
      const other = vscode.l10n.t('Choose Another…');
      const answer = await vscode.window.showErrorMessage(plain(error.message, 600), other);
      return answer === other ? this.fromPicked(run_id) : undefined;
    }
  }
}

function checkpointChoice(
  checkpoint: Checkpoint,
  best: boolean,
): { label: string; description: string; checkpoint: string } {
  const name = checkpoint.path.split(/[\\/]/).at(-1) ?? checkpoint.path;
  const metrics = Object.entries(checkpoint.metrics)
    .slice(0, 3)
    .map(([key, value]) => `${key} ${formatNumber(toNumber(value))}`);
  const where = checkpoint.step === null ? null : vscode.l10n.t('step {0}', checkpoint.step);
  const gone = checkpoint.exists === false ? vscode.l10n.t('file not found') : null;
  return {
    label: `${best ? '$(star-full)' : '$(save)'} ${name}`,
    description: [where, ...metrics, formatAgo(checkpoint.at, Date.now()), gone].filter(Boolean).join('  '),
    checkpoint: checkpoint.id,
  };
}
