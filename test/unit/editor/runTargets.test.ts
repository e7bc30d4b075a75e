import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Collectors } from '../../../src/editor/collectors/collectors';
import type { RunColors } from '../../../src/editor/runs/runColors';
import { RunTargets } from '../../../src/editor/runs/runTargets';

const { showQuickPick, showInformationMessage } = vi.hoisted(() => ({
  showQuickPick: vi.fn(),
  showInformationMessage: vi.fn(),
}));
vi.mock('vscode', () => ({
  l10n: { t: (text: string) => text },
  window: { showQuickPick, showInformationMessage },
  workspace: { getConfiguration: () => ({ get: () => '' }) },
  ThemeIcon: class {},
  ThemeColor: class {},
}));

const row = (run_id: string) => ({ run_id, name: run_id, status: 'completed', created: 0, metrics: {}, ended: null });

function targets(selectedRuns: string[], rows = [row('a'), row('b')]): RunTargets {
  const collectors = { clients: [{ state: 'connected' }], list: () => Promise.resolve({ rows }) };
  const colors = { of: () => ({ color: 0, dash: 0 }) };
  const selection = { selectedRuns, runsOf: () => ['c', 'd'] };
  return new RunTargets(collectors as unknown as Collectors, colors as unknown as RunColors, selection);
}

beforeEach(() => vi.clearAllMocks());

describe('a command without arguments', () => {
  it('applies to the runs selected in the tree if it supports selections', async () => {
    expect(await targets(['b', 'a']).several([], { title: 'Which', orSelected: true })).toEqual(['b', 'a']);
    expect(showQuickPick).not.toHaveBeenCalled();
  });

  it('asks for runs if none is selected', async () => {
    showQuickPick.mockResolvedValueOnce([{ run_id: 'a' }]);
    expect(await targets([]).several([], { title: 'Which', orSelected: true })).toEqual(['a']);
    showQuickPick.mockResolvedValueOnce({ run_id: 'b' });
    expect(await targets([]).one([], { title: 'Which', orSelected: true })).toBe('b');
  });

  it('always asks if it does not support selections', async () => {
    showQuickPick.mockResolvedValueOnce(undefined);
    expect(await targets(['a']).one([], { title: 'Which' })).toBeUndefined();
    expect(showQuickPick).toHaveBeenCalledOnce();
  });

  it('says so if there are no runs', async () => {
    expect(await targets([], []).several([], { title: 'Which', none: 'None' })).toEqual([]);
    expect(showInformationMessage).toHaveBeenCalledExactlyOnceWith('None');
  });
});

describe('a command with arguments', () => {
  it('applies to the runs that they name', async () => {
    const one = targets(['a']);
    expect(await one.several(['x'], { title: 'Which' })).toEqual(['x']);
    expect(await one.several([['x', 'y', 3]], { title: 'Which' })).toEqual(['x', 'y']);
    expect(await one.several([{ kind: 'experiment' }], { title: 'Which' })).toEqual(['c', 'd']);
  });

  it('applies to all selected nodes if the clicked one is among them', async () => {
    const [clicked, other] = [
      { kind: 'run', run_id: 'x' },
      { kind: 'run', run_id: 'y' },
    ];
    expect(await targets([]).several([clicked, [clicked, other]], { title: 'Which' })).toEqual(['x', 'y']);
    expect(await targets([]).one([clicked, [clicked, other]], { title: 'Which' })).toBe('x');
    expect(await targets([]).several([clicked, [other]], { title: 'Which' })).toEqual(['x']);
  });
});
