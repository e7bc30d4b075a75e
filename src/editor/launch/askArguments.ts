import * as vscode from 'vscode';
import { splitArguments, UnclosedQuote } from './commandLine';

export interface Answer {
  text: string;
  /** The name under which to save it as a profile. */
  profile?: string;
}

/** Asks for the arguments of a script; a button also saves them as a launch profile. Undefined if canceled. */
export async function askArguments(script: string, remembered: string, savable: boolean): Promise<Answer | undefined> {
  const box = vscode.window.createInputBox();
  const save = {
    iconPath: new vscode.ThemeIcon('save'),
    tooltip: vscode.l10n.t('Save as a Launch Profile and Launch…'),
  };
  box.title = vscode.l10n.t('Launch {0} (2/2)', script);
  box.prompt = vscode.l10n.t('Arguments (press Enter to launch)');
  box.placeholder = '--lr 0.01 --epochs 20';
  box.value = remembered;
  box.ignoreFocusOut = true;
  if (savable) box.buttons = [save];
  const accepted = await new Promise<'launch' | 'save' | undefined>((resolve) => {
    box.onDidChangeValue((text) => (box.validationMessage = argumentsProblem(text) ?? ''));
    box.onDidAccept(() => argumentsProblem(box.value) === undefined && resolve('launch'));
    box.onDidTriggerButton(() => argumentsProblem(box.value) === undefined && resolve('save'));
    box.onDidHide(() => resolve(undefined));
    box.show();
  });
  const text = box.value;
  box.dispose();
  if (accepted !== 'save') return accepted && { text };
  const name = await vscode.window.showInputBox({
    title: vscode.l10n.t('Save as a Launch Profile'),
    prompt: vscode.l10n.t('The profile is saved in the setting xtrack.launchProfiles, where you can edit it.'),
    value: script.replace(/\.pyw?$/, ''),
    validateInput: (value) => (value.trim() === '' ? vscode.l10n.t('Enter a name.') : undefined),
  });
  return name === undefined ? undefined : { text, profile: name.trim() };
}

export function argumentsProblem(text: string): string | undefined {
  try {
    splitArguments(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof UnclosedQuote)) throw error;
    return vscode.l10n.t('Unmatched {0}', error.quote);
  }
}
