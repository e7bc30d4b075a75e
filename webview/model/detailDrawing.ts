import type { PanelRun } from '../../src/protocol/panel';
import type { RunDetail } from '../../src/protocol/rows';
import type { PanelModel } from './panelModel';

/** Draws the focused run only if something in it changed: drawing again loses the selection and open sections. */
export function detailDrawing(
  model: PanelModel,
  draw: (run: PanelRun, detail: RunDetail | undefined) => void,
): () => void {
  let drawn = '';
  return () => {
    const run = model.focused();
    if (run === undefined) return;
    const { run_id, rev, status } = run.row;
    const detail = model.details.get(run_id);
    const now = `${run_id} ${rev} ${detail?.rev} ${status}`;
    if (now === drawn) return;
    drawn = now;
    draw(run, detail);
  };
}
