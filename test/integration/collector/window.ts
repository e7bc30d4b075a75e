/** A window on a real collector: of the editor, what asks people and what is told by its settings. For `vi.mock('vscode')`. */
import { Emitter } from '../../../src/base/emitter';
import type { Collectors } from '../../../src/editor/collectors/collectors';
import type { Method, Request } from '../../../src/protocol/api';
import { ApiError } from '../../../src/protocol/apiError';
import type { Launches } from './launches';

/** What was asked, and how it will be answered: with one of its choices, or what a function makes of them. */
export const asked: { text: string; choices: string[] }[] = [];
export const answers: (string | ((choices: string[]) => string | undefined))[] = [];
export const settings: Record<string, unknown> = {};

type Choice = string | { label: string; description?: string };
const labelOf = (choice: Choice): string =>
  typeof choice === 'string' ? choice : [choice.label, choice.description].filter(Boolean).join(' ');

function ask(text: string, choices: readonly Choice[]): Promise<Choice | undefined> {
  const labels = choices.map(labelOf);
  asked.push({ text, choices: labels });
  const answer = answers.shift();
  const label = typeof answer === 'function' ? answer(labels) : answer;
  return Promise.resolve(choices.find((_, at) => label !== undefined && labels[at]!.includes(label)));
}

export const EventEmitter = Emitter;
export const l10n = {
  t: (text: string, ...values: unknown[]): string =>
    text.replaceAll(/\{(\d)\}/g, (_, at: string) => String(values[Number(at)])),
};
export const Uri = { file: (fsPath: string) => ({ fsPath, path: fsPath, scheme: 'file' }) };
export const commands = { executeCommand: (): Promise<void> => Promise.resolve() };
export const extensions = { getExtension: (): undefined => undefined };
const message = (text: string, ...choices: string[]) => ask(text, choices);
export const window = {
  onDidCloseTerminal: new Emitter().event,
  showWarningMessage: message,
  showErrorMessage: message,
  showInformationMessage: message,
  showQuickPick: async (choices: Choice[], { title }: { title: string }) => ask(title, choices),
  showOpenDialog: async ({ title }: { title: string }) => {
    const path = answers.shift() as string | undefined;
    asked.push({ text: title, choices: [] });
    return path === undefined ? undefined : [Uri.file(path)];
  },
};
export const workspace = {
  isTrusted: true,
  workspaceFolders: [] as object[],
  getWorkspaceFolder: (): unknown => workspace.workspaceFolders[0],
  getConfiguration: () => ({ get: (name: string) => settings[name] }),
};
export const log = { info: () => undefined, warn: () => undefined } as never;

/** Opens the folder of the launches. */
export function windowOn(launches: Launches): Collectors {
  asked.length = answers.length = 0;
  for (const name of Object.keys(settings)) delete settings[name];
  workspace.workspaceFolders = [{ uri: Uri.file(launches.work), name: 'work', index: 0 }];
  const call = <M extends Method>(method: M, request: Request<M>) =>
    launches.collector.call(method, request).catch((error: Error & { data: ApiError['data'] }) => {
      throw new ApiError(error.data, error.message);
    });
  const client = { call };
  return {
    callRun: (_run_id: string, method: Method, request: never) => call(method, request),
    forFolder: () => Promise.resolve(client),
    forRun: () => Promise.resolve(client),
    remember: () => undefined,
  } as unknown as Collectors;
}
