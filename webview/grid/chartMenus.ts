/** The menus of a chart and of a checkpoint. */
import { t } from '../../src/base/texts';
import { messageOf } from '../../src/base/unknown';
import type { ImageKind } from '../../src/protocol/panel';
import { statusActions } from '../shared/status';
import type { TabContext } from '../panel/panelTab';
import { drawnAxis } from './axes';
import { chartCsv } from './chartCsv';
import { chartPng, chartSvg } from './chartPicture';
import { hasOwnSize, sizeOf } from './chartSizes';
import type { ChartView } from './chartView';
import type { CheckpointMark } from './marks';
import type { GridState } from './gridState';
import { type MenuItem, openMenu } from '../shared/popupMenu';

export class ChartMenus {
  constructor(
    private readonly context: TabContext<GridState>,
    private readonly edit: (id: string) => void,
  ) {}

  openChart(view: ChartView, anchor: HTMLElement): void {
    const { id } = view;
    const { title, custom } = view.current;
    const { state } = this.context;
    const pinned = state.pinned.includes(id);
    const items: MenuItem[] = [
      {
        label: pinned ? t('Unpin') : t('Pin to Top'),
        icon: pinned ? 'pinned' : 'pin',
        hint: 'P',
        run: () => view.pin(),
      },
      {
        label: state.maximized === id ? t('Restore All Charts') : t('Maximize Chart'),
        icon: state.maximized === id ? 'screen-normal' : 'screen-full',
        hint: 'F',
        run: () => view.maximize(),
      },
    ];
    if (view.zoom.isZoomed)
      items.push({ label: t('Reset Zoom'), icon: 'zoom-out', hint: '0', run: () => view.zoom.reset() });
    items.push({
      label: custom ? t('Edit Chart…') : t('New Chart with This Metric…'),
      icon: 'edit',
      run: () => this.edit(id),
    });
    if (custom)
      items.push({
        label: t('Delete Chart'),
        icon: 'trash',
        run: () => this.context.patch({ custom: state.custom.filter((one) => one.id !== id) }),
      });
    if (hasOwnSize(view.scope, state, id))
      items.push(
        {
          label: t('Use This Size for All Charts'),
          icon: 'layout',
          run: () => this.context.patch({ size: sizeOf(view.scope, state, id), sizes: {} }),
        },
        {
          label: t('Reset Size'),
          icon: 'discard',
          run: () => view.resizer.resize(null),
        },
      );
    for (const kind of ['png', 'svg', 'csv'] as const)
      items.push({ label: t('Save as {0}…', kind.toUpperCase()), icon: 'save', run: () => this.save(view, kind) });
    items.push(
      { label: t('Copy Image'), icon: 'copy', run: () => void this.copyPicture(view) },
      { label: t('Copy as SVG'), icon: 'copy', run: () => this.copy(this.data(view, 'svg')) },
      { label: t('Copy as CSV'), icon: 'copy', run: () => this.copy(this.data(view, 'csv')) },
      { label: t('Copy Name'), icon: 'copy', run: () => this.copy(title) },
    );
    openMenu(title, items, anchor);
  }

  openCheckpoint({ run_id, checkpoint }: CheckpointMark, x: string, anchor: HTMLElement): void {
    const row = this.context.model.run(run_id)?.row;
    const items: MenuItem[] = [{ label: t('Copy Path'), icon: 'copy', run: () => this.copy(checkpoint.path) }];
    if (checkpoint.exists !== false) {
      items.push({
        label: t('Reveal File'),
        icon: 'folder-opened',
        run: () => this.context.act({ do: 'reveal', run_id, file: checkpoint.path }),
      });
      if (row !== undefined && statusActions(row).resume) {
        const resume = (): void => this.context.act({ do: 'resumeFrom', run_id, checkpoint: checkpoint.id });
        items.unshift({ label: t('Resume from Here'), icon: 'debug-restart', run: resume });
      }
    }
    openMenu(checkpoint.is_best ? t('Best checkpoint, {0}', x) : t('Checkpoint, {0}', x), items, anchor);
  }

  private copy(text: string): void {
    this.context.act({ do: 'copy', text });
  }

  /** The browser may refuse, for lack of focus or by policy. */
  private async copyPicture(view: ChartView): Promise<void> {
    try {
      const bytes = Uint8Array.from(atob(this.data(view, 'png')), (letter) => letter.charCodeAt(0));
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': new Blob([bytes], { type: 'image/png' }) })]);
      this.context.act({ do: 'copied' });
    } catch (error) {
      const why = messageOf(error);
      this.context.fail(t('The image could not be copied. Use “Save as PNG…” instead. ({0})', why));
    }
  }

  private save(view: ChartView, kind: ImageKind): void {
    this.context.act({ do: 'save', kind, name: fileName(view.current.title), data: this.data(view, kind) });
  }

  private data(view: ChartView, kind: ImageKind): string {
    if (kind === 'png') return chartPng(view, this.context.theme());
    if (kind === 'svg') return chartSvg(view, this.context.theme());
    const axis = drawnAxis(view.scope, this.context.state);
    const along = axis === 'metric' ? (this.context.state.x_metric ?? axis) : axis;
    return chartCsv(view.curves, along, (run_id) => this.context.model.run(run_id)?.row.name ?? run_id);
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
