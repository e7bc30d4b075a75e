/** When a task ends: with the exit of its run's process, not with what its script says before that. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type * as vscode from 'vscode';
import type { Collectors } from '../../../src/editor/collectors/collectors';
import { RunTasks } from '../../../src/editor/launch/runTasks';
import { OutputTerminals } from '../../../src/editor/output/outputTerminals';
import type { Launched } from '../../../src/protocol/rows';

vi.mock('vscode', async () => {
  const { Emitter } = await import('../../../src/base/emitter');
  return {
    EventEmitter: Emitter,
    l10n: { t: (text: string) => text },
    window: { onDidCloseTerminal: new Emitter().event },
    workspace: { isTrusted: true, workspaceFolders: [{}] },
    Task: class {
      constructor(...[, , , , execution]: unknown[]) {
        Object.assign(this, { execution });
      }
    },
    TaskScope: { Workspace: 2 },
    CustomExecution: class {
      constructor(readonly open: () => Promise<unknown>) {}
    },
  };
});

let run: object;
let asked: number;
const log = { warn: () => undefined } as unknown as vscode.LogOutputChannel;

beforeEach(() => {
  vi.useFakeTimers();
  asked = 0;
});
afterEach(() => vi.useRealTimers());

const state = (status: string, exit: object | null, more: object = {}): object => ({
  run_id: 'r',
  name: 'trained',
  status,
  attempt: 1,
  attempts: [{ n: 1, exit }],
  launch: { recovery: null },
  error: null,
  ...more,
});

/** The task's terminal, and the codes that it ended with. */
async function task(launch: () => Promise<Launched>): Promise<{ terminal: vscode.Pseudoterminal; codes: number[] }> {
  const collectors = {
    callRun: (_run_id: string, method: string) => {
      asked++;
      const nothing = { data: '', offset: 0, next: 0, size: 0 };
      return Promise.resolve(method === 'runs.get' ? run : nothing);
    },
  };
  const terminals = new OutputTerminals(collectors as unknown as Collectors, log);
  const tasks = new RunTasks({ launch, follow: (id) => terminals.follow(id), stop: () => Promise.resolve(), log });
  const definition = { type: 'xtrack', script: 'train.py' };
  const { execution } = tasks.resolveTask({ definition, name: 'train' } as unknown as vscode.Task);
  const terminal = await (execution as unknown as { open: () => Promise<vscode.Pseudoterminal> }).open();
  const codes: number[] = [];
  terminal.onDidClose!((code) => codes.push(code as number));
  terminal.open(undefined);
  return { terminal, codes };
}

const launched = (): Promise<Launched> => Promise.resolve({ run_id: 'r', attempt: 1, status: 'queued' });
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

it('a task waits for the process of a run whose script has reported its end', async () => {
  run = state('running', null);
  const { codes } = await task(launched);
  await pass(1_000);
  run = state('completed', null, { lives: true });
  await pass(3_600_000);
  expect(codes).toEqual([]);
  run = state('completed', null);
  await pass(500);
  run = state('failed', { code: 3 });
  await pass(500);
  expect(codes).toEqual([3]);
});

it('a task ends when no process is left that could report the exit', async () => {
  run = state('failed', null);
  const { codes } = await task(launched);
  await pass(3_000);
  expect(codes).toEqual([1]);
});

it('a task continues with the next attempt of a run that is resumed automatically', async () => {
  const recovery = { launch: { recovery: { policy: 'on-failure' } } };
  run = state('failed', { signal: 'SIGKILL' }, recovery);
  const { codes } = await task(launched);
  await pass(1_000);
  const attempts = [
    { n: 1, exit: { signal: 'SIGKILL' } },
    { n: 2, exit: null },
  ];
  run = state('queued', null, { ...recovery, attempt: 2, attempts });
  await pass(60_000);
  expect(codes).toEqual([]);
  run = state('completed', { code: 0 }, { ...recovery, attempt: 2 });
  await pass(500);
  expect(codes).toEqual([0]);

  run = state('failed', { code: 1 }, recovery);
  const last = await task(launched);
  await pass(3_000);
  expect(last.codes).toEqual([1]);
});

it('a task that was closed during its launch follows no run', async () => {
  run = state('running', null);
  let answer: (launched: Launched) => void = () => undefined;
  const { terminal } = await task(() => new Promise((resolve) => (answer = resolve)));
  terminal.close();
  answer(await launched());
  await pass(5_000);
  expect(asked).toBe(0);
});
