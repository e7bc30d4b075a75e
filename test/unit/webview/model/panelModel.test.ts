import { describe, expect, it } from 'vitest';
import { newPanelState, type PanelRun, type RunsMessage } from '../../../../src/protocol/panel';
import type { RunRow, Status } from '../../../../src/protocol/rows';
import { PanelModel } from '../../../../webview/model/panelModel';

function run(run_id: string, status: Status = 'running', style = { color: 0, dash: 0 }): PanelRun {
  return { row: { run_id, name: run_id, status, metrics: {}, rev: 1 } as unknown as RunRow, ...style };
}

function says(kind: RunsMessage['kind'], runs: PanelRun[]): RunsMessage {
  return { kind, state: newPanelState(['a', 'b']), runs, key_metric: '', views: [], connection: true };
}

describe("the panel's model of its runs", () => {
  it('adds a run that becomes known after the panel was opened', () => {
    const model = new PanelModel([]);
    model.receive(says('runs', []), undefined);
    model.receive(says('changed', [run('a')]), undefined);
    expect(model.focused()?.row.run_id).toBe('a');
  });

  it('removes a run that was deleted', () => {
    const model = new PanelModel([]);
    model.receive(says('runs', [run('a'), run('b')]), undefined);
    model.receive(says('changed', [run('b')]), undefined);
    expect(model.runs.map(({ row }) => row.run_id)).toEqual(['b']);
  });

  it('uses dashes only where runs share a colour, and changes no line when others come or go', () => {
    const model = new PanelModel([]);
    const dashes = (): Record<string, number> =>
      Object.fromEntries(model.runs.map(({ row, dash }) => [row.run_id, dash]));
    const styled = (run_id: string, color: number, dash: number): PanelRun => run(run_id, 'running', { color, dash });
    const [red, blue, older, newest] = [
      styled('red', 1, 3),
      styled('blue', 0, 3),
      styled('older', 0, 2),
      styled('newest', 0, 0),
    ] as const;
    model.receive(says('runs', [red, blue, older]), undefined);
    expect(dashes()).toEqual({ red: 0, older: 0, blue: 1 });
    model.receive(says('changed', [newest, red, blue]), undefined);
    expect(dashes()).toEqual({ newest: 0, red: 0, blue: 1 });
    model.receive(says('changed', [newest, red, blue, older]), undefined);
    expect(dashes()).toMatchObject({ newest: 0, red: 0, blue: 1 });
  });
});
