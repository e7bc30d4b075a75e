/** The sash beside the run list: dragged or moved by the arrow keys, as the editor's own. */
import { t } from '../../src/base/texts';
import { boundedRunsWidth, RUNS_WIDTH } from '../model/panelState';
import { el, setAttribute } from '../shared/dom';
import { attachDrag } from '../shared/dragging';
import type { Frames, View } from '../model/frames';
import type { PanelModel } from '../model/panelModel';

const KEY_STEP = 20;

export class RunListSash implements View {
  readonly element = el('div', {
    class: 'sash',
    tabindex: 0,
    role: 'separator',
    'aria-orientation': 'vertical',
    'aria-label': t('Width of the run list'),
    'aria-controls': 'run-list',
    'aria-valuemin': RUNS_WIDTH.least,
    'aria-valuemax': RUNS_WIDTH.most,
  });
  readonly visible = true;
  /** While it is dragged. */
  private dragged: number | null = null;
  private shown: number | null = null;

  constructor(
    private readonly list: HTMLElement,
    private readonly model: PanelModel,
    private readonly frames: Frames,
  ) {
    list.id = 'run-list';
    const room = new ResizeObserver((entries) => this.measured(entries[0]!.borderBoxSize[0]!.inlineSize));
    room.observe(list, { box: 'border-box' });
    this.element.addEventListener('dblclick', () => this.keep(null));
    attachDrag(this.element, () => {
      // The list may be narrower than the chosen width.
      const begun = list.offsetWidth;
      return {
        move: ({ x }) => this.show(boundedRunsWidth(begun + x)),
        end: () => {
          const { dragged } = this;
          this.show(null);
          if (dragged !== null) this.keep(dragged);
        },
        cancel: () => this.show(null),
      };
    });
    this.element.addEventListener('keydown', (event) => {
      const width = this.keyed(event.key);
      if (width === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.keep(width);
    });
  }

  update(): void {
    const width = this.dragged ?? this.model.state.runs_width;
    if (width === this.shown) return;
    this.shown = width;
    if (width === null) this.list.style.removeProperty('--runs-width');
    else this.list.style.setProperty('--runs-width', `${width}px`);
  }

  /** The actual width, which may differ from the chosen one. */
  private measured(width: number): void {
    if (width > 0) setAttribute(this.element, 'aria-valuenow', String(Math.round(width)));
  }

  draw(): () => void {
    return () => this.update();
  }

  private show(dragged: number | null): void {
    this.dragged = dragged;
    this.frames.mark(this);
  }

  private keep(width: number | null): void {
    this.model.patch({ runs_width: width === null ? null : boundedRunsWidth(width) });
  }

  private keyed(key: string): number | null | undefined {
    const now = this.model.state.runs_width ?? this.list.offsetWidth;
    if (key === 'ArrowLeft') return now - KEY_STEP;
    if (key === 'ArrowRight') return now + KEY_STEP;
    if (key === 'Home') return RUNS_WIDTH.least;
    if (key === 'End') return RUNS_WIDTH.most;
    return key === '0' ? null : undefined;
  }
}
