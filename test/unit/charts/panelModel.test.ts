import { describe, expect, it } from 'vitest';
import { newPanelState, type PanelRun, type RunsMessage } from '../../../src/protocol/panel';
import type { RunRow, Status } from '../../../src/protocol/rows';
import { PanelModel } from '../../../webview/charts/panelModel';

function run(run_id: string, status: Status = 'running'): PanelRun {
  return { row: { run_id, name: run_id, status, metrics: {}, rev: 1 } as unknown as RunRow, color: 0, dash: 0 };
}

function says(kind: RunsMessage['kind'], runs: PanelRun[]): RunsMessage {
  return { kind, state: newPanelState(['a', 'b']), runs, key_metric: '', views: [], connection: true };
}

describe('what the panel knows of its runs', () => {
  it('takes in a run that became known after the panel was opened', () => {
    const model = new PanelModel();
    model.receive(says('runs', []), undefined);
    model.receive(says('changed', [run('a')]), undefined);
    expect(model.focused()?.row.run_id).toBe('a');
  });

  it('lets go of a run that was deleted', () => {
    const model = new PanelModel();
    model.receive(says('runs', [run('a'), run('b')]), undefined);
    model.receive(says('changed', [run('b')]), undefined);
    expect(model.runs.map(({ row }) => row.run_id)).toEqual(['b']);
  });
});
