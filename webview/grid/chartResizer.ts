/**
 * The corner by which a chart is resized, with the pointer or with the keyboard. While it is dragged the chart lies over
 * the others, which stay where they are until it is let go.
 */
import { t } from '../../src/base/texts';
import { type ChartSize, isSameSize, LEAST_SIZE } from './chartSize';
import { el, setAttribute } from '../shared/dom';
import type { Scope } from './axes';
import { draggedSize, type GridColumns, rowsOf, sizeOf, spanOf, widthOf, withColumns, withSize } from './chartSizes';
import { attachDrag, type Drag } from '../shared/dragging';
import type { GridStore } from './gridState';
import type { Frames, View } from '../model/frames';

export interface ResizedChart {
  readonly id: string;
  readonly scope: Scope;
  /** Its card, an item of the grid. */
  readonly element: HTMLElement;
}

const KEY_HEIGHT = 20;

export class ChartResizer implements View {
  readonly handle = el('div', {
    class: 'resize-handle',
    tabindex: 0,
    role: 'slider',
    title: t('Drag to resize. Double-click to reset the size.'),
    'aria-valuemin': LEAST_SIZE.columns,
  });
  private columns: GridColumns = { count: LEAST_SIZE.columns, pitch: 0 };
  /** What the chart would become, and by how much it is moved to stay in the grid. */
  private lifted: { size: ChartSize; shift: number } | null = null;
  /** The size when the handle got the focus; Escape restores it. */
  private before: ChartSize | null = null;
  private moved = false;
  private placed = '';
  /** Drawn even when a drag has scrolled the page away from it. */
  readonly visible = true;

  constructor(
    private readonly chart: ResizedChart,
    private readonly store: GridStore,
    private readonly frames: Frames,
  ) {
    this.handle.addEventListener('focus', () => (this.before = this.size));
    this.handle.addEventListener('dblclick', () => this.resize(null));
    attachDrag(this.handle, () => this.drag());
    this.handle.addEventListener('keydown', (event) => this.key(event));
  }

  setName(title: string): void {
    setAttribute(this.handle, 'aria-label', t('{0}: size', title));
  }

  /** Places the chart in a grid of these columns. During a drag, this waits for its end. */
  place(columns: GridColumns): void {
    this.columns = columns;
    const { size } = this;
    const span = spanOf(size, columns);
    const placed = `${span} ${columns.count} ${size.height}`;
    if (this.lifted !== null || this.placed === placed) return;
    this.placed = placed;
    const { style } = this.chart.element;
    style.gridArea = `auto / auto / span ${rowsOf(size)} / span ${span}`;
    style.height = `${size.height}px`;
    setAttribute(this.handle, 'aria-valuemax', String(columns.count));
    setAttribute(this.handle, 'aria-valuenow', String(span));
    const text = t('{0} of {1} columns, {2} pixels high', span, columns.count, size.height);
    setAttribute(this.handle, 'aria-valuetext', text);
  }

  /** Null resets to the size of all charts. */
  resize(size: ChartSize | null): void {
    const { store, chart } = this;
    store.patch(withSize(chart.scope, store.state, chart.id, size));
    this.moved = true;
    this.frames.mark(this);
  }

  draw(): () => void {
    const { element } = this.chart;
    const { lifted } = this;
    return () => {
      const { style, classList } = element;
      classList.toggle('resizing', lifted !== null);
      style.width = lifted === null ? '' : `${widthOf(lifted.size, this.columns)}px`;
      style.transform = lifted === null ? '' : `translateX(${lifted.shift}px)`;
      if (lifted !== null) {
        style.height = `${lifted.size.height}px`;
        this.placed = '';
        return;
      }
      this.place(this.columns);
      // The chart may have moved to another row.
      if (this.moved) element.scrollIntoView({ block: 'nearest' });
      this.moved = false;
    };
  }

  private get size(): ChartSize {
    return sizeOf(this.chart.scope, this.store.state, this.chart.id);
  }

  private drag(): Drag {
    const { size, columns } = this;
    const room = roomBeside(this.chart.element);
    const lift = (lifted: ChartResizer['lifted']): void => {
      this.lifted = lifted;
      this.frames.mark(this);
    };
    return {
      move: (by) => {
        const next = draggedSize(size, by, columns, room);
        const wider = widthOf(next, columns) - widthOf(size, columns);
        lift({ size: next, shift: Math.min(0, room - wider) });
      },
      end: () => {
        const next = this.lifted?.size ?? size;
        lift(null);
        if (!isSameSize(next, size)) this.resize(next);
      },
      cancel: () => lift(null),
    };
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = this.keyed(event.key);
    if (next === undefined) return;
    event.preventDefault();
    this.resize(next);
  }

  private keyed(key: string): ChartSize | null | undefined {
    const { size, columns } = this;
    const span = spanOf(size, columns);
    if (key === 'ArrowLeft') return withColumns(size, span - 1, columns);
    if (key === 'ArrowRight') return withColumns(size, span + 1, columns);
    if (key === 'ArrowUp') return { ...size, height: size.height - KEY_HEIGHT };
    if (key === 'ArrowDown') return { ...size, height: size.height + KEY_HEIGHT };
    if (key === 'Home') return withColumns(size, LEAST_SIZE.columns, columns);
    if (key === 'End') return withColumns(size, columns.count, columns);
    if (key === '0') return null;
    return key === 'Escape' && this.before !== null && !isSameSize(this.before, size) ? this.before : undefined;
  }
}

/** Measured once, where a drag begins. */
function roomBeside(element: HTMLElement): number {
  const end = element.parentElement?.getBoundingClientRect().right ?? 0;
  return end - element.getBoundingClientRect().right;
}
