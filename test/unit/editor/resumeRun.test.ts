import { expect, it, vi } from 'vitest';
import type * as vscode from 'vscode';
import type { Collectors } from '../../../src/editor/collectors/collectors';
import { ResumeRun } from '../../../src/editor/control/resumeRun';
import { userError } from '../../../src/protocol/apiError';

const { executeCommand, showWarningMessage } = vi.hoisted(() => ({
  executeCommand: vi.fn(),
  showWarningMessage: vi.fn((_message: string, ...choices: string[]) => Promise.resolve(choices[0])),
}));
vi.mock('vscode', () => ({
  l10n: { t: (text: string) => text },
  window: { showWarningMessage },
  commands: { executeCommand },
}));

const refusal = userError('conflict', 'Its script still runs.', { field: 'run_id' });

/** Its run is over and cannot be resumed. */
function resuming(run: object): ResumeRun {
  const callRun = (_run_id: string, method: string): Promise<object> =>
    method === 'runs.get' ? Promise.resolve(run) : Promise.reject(refusal);
  return new ResumeRun({ callRun } as unknown as Collectors, {} as vscode.LogOutputChannel);
}

it('offers to stop a script only if it is still running after the end of its run', async () => {
  await expect(resuming({}).resume('r', 'last')).rejects.toBe(refusal);
  expect(executeCommand).not.toHaveBeenCalled();
  expect(await resuming({ lives: true }).resume('r', 'last')).toBeUndefined();
  expect(showWarningMessage).toHaveBeenCalledWith('Its script still runs.', 'Stop');
  expect(executeCommand).toHaveBeenCalledWith('xtrack.stop', 'r');
});
