/** "Edit parameters and run": the parameters of a run become a form, and what it ran is run again with them. */
import * as vscode from 'vscode';
import { userError } from '../../protocol/apiError';
import type { Launched, RunDetail } from '../../protocol/rows';
import { withAnotherInterpreter } from '../python/anotherInterpreter';
import type { Collectors } from '../collectors/collectors';
import { plain } from '../window/messages';
import { workingDirectory } from '../runs/openFile';
import { argumentsProblem } from './askArguments';
import { splitArguments } from './commandLine';
import { type Given, placeOf, withParameter } from './parameters';

interface Choice extends vscode.QuickPickItem {
  does: 'run' | 'line' | { key: string };
}

export class EditAndRun {
  constructor(
    private readonly collectors: Collectors,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** Runs again what a run ran. */
  again(run_id: string, given: { args?: string[]; env?: Record<string, string> } = {}): Promise<Launched | undefined> {
    return withAnotherInterpreter(
      (other) => this.collectors.callRun(run_id, 'runs.again', { run_id, ...given, ...other }),
      () => workingDirectory(this.collectors, run_id),
      this.log,
    );
  }

  /** Undefined if canceled. */
  async edit(run_id: string): Promise<Launched | undefined> {
    const run = await this.collectors.callRun(run_id, 'runs.get', { run_id });
    const before = givenTo(run);
    let given = before;
    for (;;) {
      const chosen = await this.form(run, before, given);
      if (!chosen) return undefined;
      if (chosen.does === 'run') {
        const env = changed(before.env, given.env);
        return this.again(run_id, { args: given.args, env });
      }
      given =
        chosen.does === 'line'
          ? { ...given, args: (await askLine(given.args)) ?? given.args }
          : await askValue(run, chosen.does.key, given);
    }
  }

  private form(run: RunDetail, before: Given, given: Given): Thenable<Choice | undefined> {
    const edited = JSON.stringify(before) !== JSON.stringify(given);
    const parameters = Object.keys(run.params).map((key): Choice => {
      const place = placeOf(key, given);
      const value = valueOf(run, key, given);
      const mark = value === valueOf(run, key, before) ? '' : '$(edit) ';
      return { label: `${mark}${key}`, description: value, detail: placeText(place), does: { key } };
    });
    const choices: Choice[] = [
      {
        label: edited
          ? vscode.l10n.t('$(play) Run with these parameters')
          : vscode.l10n.t('$(play) Run again unchanged'),
        description: given.args.map(quoted).join(' '),
        does: 'run',
      },
      { label: vscode.l10n.t('$(terminal) Edit arguments…'), does: 'line' },
      { label: vscode.l10n.t('Parameters'), kind: vscode.QuickPickItemKind.Separator, does: 'line' },
      ...parameters,
    ];
    return vscode.window.showQuickPick(choices, {
      title: vscode.l10n.t('Edit Parameters of {0}', plain(run.name, 60)),
      placeHolder: vscode.l10n.t('Select a parameter to change'),
      matchOnDescription: true,
    });
  }
}

function givenTo({ launch, source }: RunDetail): Given {
  const argv = launch?.argv ?? (source as { argv?: string[] } | null)?.argv;
  if (!argv)
    throw userError('invalid', vscode.l10n.t('This run did not record how it was started. Launch its script instead.'));
  return { args: argv.slice(argv[0] === '-m' ? 2 : 1), env: launch?.env ?? {} };
}

function valueOf(run: RunDetail, key: string, given: Given): string {
  const place = placeOf(key, given);
  if (place.kind === 'variable') return given.env[place.name] ?? '';
  const logged = run.params[key];
  const text = typeof logged === 'string' ? logged : JSON.stringify(logged);
  if (place.kind === 'new') return text;
  // The parameter holds the parsed value, the argument the text that was typed.
  const at = given.args.findLastIndex((word) => word === place.name || word.startsWith(`${place.name}=`));
  const word = given.args[at] ?? '';
  return word === place.name ? (given.args[at + 1] ?? text) : word.slice(place.name.length + 1);
}

function placeText({ kind, name }: ReturnType<typeof placeOf>): string {
  if (kind === 'argument') return vscode.l10n.t('argument {0}', name);
  if (kind === 'variable') return vscode.l10n.t('variable {0}', name);
  return vscode.l10n.t('not among the arguments; a new value is passed as {0}', name);
}

async function askValue(run: RunDetail, key: string, given: Given): Promise<Given> {
  const value = await vscode.window.showInputBox({
    title: key,
    prompt: placeText(placeOf(key, given)),
    value: valueOf(run, key, given),
  });
  return value === undefined ? given : withParameter(key, value, given);
}

async function askLine(args: string[]): Promise<string[] | undefined> {
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t('Arguments'),
    value: args.map(quoted).join(' '),
    validateInput: argumentsProblem,
  });
  return text === undefined ? undefined : splitArguments(text);
}

function quoted(word: string): string {
  return /^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}

function changed(before: Record<string, string>, now: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(now).filter(([name, value]) => before[name] !== value));
}
