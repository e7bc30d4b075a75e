/** What can be done with a chart and with a checkpoint. */
import type { PanelAction } from '../../src/protocol/panel';
import { formatX } from '../../src/domain/format';
import { statusActions } from '../shared/status';
import type { Theme } from '../shared/theme';
import type { ChartView } from './chartView';
import type { CheckpointMark } from './marks';
import { type PanelModel, toggled } from './panelModel';
import { type MenuItem, openMenu } from './popupMenu';
import { chartCsv, chartPng } from './saveChart';

export class ChartMenus {
  constructor(
    private readonly model: PanelModel,
    private readonly act: (action: PanelAction) => void,
    private readonly theme: () => Theme,
  ) {}

  openChart(view: ChartView, anchor: HTMLElement): void {
    const { key } = view;
    const pinned = this.model.state.pinned.includes(key);
    const items: MenuItem[] = [
      {
        label: pinned ? 'Unpin' : 'Pin to the top',
        icon: pinned ? 'pinned' : 'pin',
        run: () => this.model.patch({ pinned: toggled(this.model.state.pinned, key) }),
      },
      { label: 'Save as PNG…', icon: 'device-camera', run: () => this.savePng(view) },
      { label: 'Save as CSV…', icon: 'table', run: () => this.saveCsv(view) },
      { label: 'Copy the name', icon: 'copy', run: () => this.act({ do: 'copy', text: key }) },
    ];
    if (this.model.state.zoom !== null) items.push({ label: 'Reset zoom', icon: 'zoom-out', run: () => view.reset() });
    openMenu(key, items, anchor);
  }

  openCheckpoint({ run_id, checkpoint, x }: CheckpointMark, anchor: HTMLElement): void {
    const row = this.model.run(run_id)?.row;
    const items: MenuItem[] = [
      { label: 'Copy the path', icon: 'copy', run: () => this.act({ do: 'copy', text: checkpoint.path }) },
    ];
    if (checkpoint.exists !== false) {
      items.push({
        label: 'Reveal',
        icon: 'folder-opened',
        run: () => this.act({ do: 'reveal', run_id, file: checkpoint.path }),
      });
      if (row !== undefined && statusActions(row.status).resume) {
        const resume = (): void => this.act({ do: 'resumeFrom', run_id, checkpoint: checkpoint.id });
        items.unshift({ label: 'Resume from here', icon: 'debug-restart', run: resume });
      }
    }
    openMenu(`Checkpoint, ${formatX(this.model.state.x, x)}${checkpoint.is_best ? ', best' : ''}`, items, anchor);
  }

  private savePng({ canvasElement, key }: ChartView): void {
    const { background, foreground, font } = this.theme();
    const data = chartPng(canvasElement, key, background, foreground, font);
    this.act({ do: 'save', kind: 'png', name: fileName(key), data });
  }

  private saveCsv({ curves, key }: ChartView): void {
    const data = chartCsv(curves, this.model.state.x, (run_id) => this.model.run(run_id)?.row.name ?? run_id);
    this.act({ do: 'save', kind: 'csv', name: fileName(key), data });
  }
}

/** A metric's key may hold anything. */
function fileName(key: string): string {
  return (
    key
      .replace(/[^A-Za-z0-9._-]+/g, '-')
      .replace(/^[-.]+/, '')
      .slice(0, 80) || 'chart'
  );
}
