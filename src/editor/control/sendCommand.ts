/** Sends commands to a running script, and shows how it responds. */
import * as vscode from 'vscode';
import type { CommandType, Json } from '../../protocol/events';
import type { Collectors } from '../collectors/collectors';
import { awaitAnswer } from '../runs/commandAnswer';
import { plain } from '../window/messages';
import { payloadOf } from './commandPayload';

interface Choice extends vscode.QuickPickItem {
  type: CommandType;
}

export class SendCommand {
  constructor(private readonly collectors: Collectors) {}

  /** Asks nothing if a type is given. */
  async send(run_id: string, type?: unknown, payload?: unknown): Promise<void> {
    const chosen = typeof type === 'string' ? (type as CommandType) : await pickType();
    if (!chosen) return;
    const given = typeof type === 'string' ? ((payload ?? {}) as Json) : await askPayload(chosen);
    if (given === undefined) return;
    const client = await this.collectors.forRun(run_id);
    const { name } = await client.call('runs.get', { run_id });
    const title = vscode.l10n.t('{0}: waiting for a response to “{1}”', plain(name, 40), chosen);
    const answer = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, async () => {
      const { cmd_id } = await client.call('runs.command', { run_id, type: chosen, payload: given });
      return awaitAnswer(client, run_id, cmd_id, 'done');
    });
    void vscode.window.showInformationMessage(answerText(plain(name, 40), chosen, answer));
  }
}

function answerText(name: string, type: string, answer: 'received' | 'done' | null): string {
  if (answer === 'done') return vscode.l10n.t('{0} completed “{1}”.', name, type);
  if (answer === 'received') return vscode.l10n.t('{0} received “{1}” and is working on it.', name, type);
  return vscode.l10n.t('{0} has not responded to “{1}” yet. Its overview shows when it does.', name, type);
}

async function pickType(): Promise<CommandType | undefined> {
  const choices: Choice[] = [
    { type: 'checkpoint_now', label: vscode.l10n.t('$(save) Save a checkpoint now') },
    { type: 'adjust_lr', label: vscode.l10n.t('$(graph-line) Adjust the learning rate…') },
    { type: 'update_params', label: vscode.l10n.t('$(settings) Update parameters…') },
    { type: 'pause', label: vscode.l10n.t('$(debug-pause) Pause') },
    { type: 'resume', label: vscode.l10n.t('$(debug-continue) Continue') },
    { type: 'custom', label: vscode.l10n.t('$(terminal) Custom command…') },
  ];
  const options = { title: vscode.l10n.t('Send Command to Script'), matchOnDescription: true };
  const named = choices.map((choice) => ({ ...choice, description: choice.type }));
  return (await vscode.window.showQuickPick(named, options))?.type;
}

/** Undefined if canceled. */
async function askPayload(type: CommandType): Promise<Json | undefined> {
  if (type === 'adjust_lr') {
    const text = await vscode.window.showInputBox({
      title: vscode.l10n.t('New learning rate'),
      validateInput: (value) =>
        Number.isFinite(Number(value)) && value.trim() !== '' ? undefined : vscode.l10n.t('Enter a number.'),
    });
    return text === undefined ? undefined : { lr: Number(text) };
  }
  if (type !== 'update_params' && type !== 'custom') return {};
  const custom = type === 'custom';
  const text = await vscode.window.showInputBox({
    title: custom ? vscode.l10n.t('Values to send to the script') : vscode.l10n.t('New parameter values'),
    prompt: custom
      ? vscode.l10n.t('name=value pairs, JSON or a single word')
      : vscode.l10n.t('name=value pairs or JSON'),
    placeHolder: custom ? 'log_images count=4' : 'dropout=0.1 weight_decay=0.01',
    validateInput: (value) => (payloadOf(value, custom) === null ? vscode.l10n.t('Enter name=value.') : undefined),
  });
  return text === undefined ? undefined : (payloadOf(text, custom) ?? undefined);
}
