/** Pointer and keyboard on one chart: cursor, zoom, pan. What they mean for all charts, the chart's owner decides. */
import type { ChartZoom } from './chartZoom';

export interface PointerTarget {
  readonly zoom: ChartZoom;
  readonly area: { left: number; right: number; top: number; bottom: number } | undefined;
  /** The pointer is over the plot at this pixel. */
  hover(px: number, py: number, client: { x: number; y: number }): void;
  leave(): void;
  /** Moves the cursor by points, or to an end. */
  step(by: number | 'first' | 'last'): void;
  maximize(): void;
  pin(): void;
  openMenu(): void;
  openCheckpoint(): void;
}

const DRAG_PX = 5;
const PAN = 0.25;
/** A wheel's notch is some 100 units; one of them moves by a sixth of what is shown. */
const WHEEL_SHARE = 1 / 600;
const KEYS: Record<string, (target: PointerTarget, coarse: boolean) => void> = {
  ArrowLeft: (target, coarse) => target.step(coarse ? -10 : -1),
  ArrowRight: (target, coarse) => target.step(coarse ? 10 : 1),
  Home: (target) => target.step('first'),
  End: (target) => target.step('last'),
  '+': (target) => target.zoom.by(0.5, null),
  '=': (target) => target.zoom.by(0.5, null),
  '-': (target) => target.zoom.by(2, null),
  y: (target) => target.zoom.heightBy(0.5),
  Y: (target) => target.zoom.heightBy(2),
  ',': (target) => void target.zoom.panBy(-PAN),
  '.': (target) => void target.zoom.panBy(PAN),
  '0': (target) => target.zoom.reset(),
  f: (target) => target.maximize(),
  p: (target) => target.pin(),
  c: (target) => target.openCheckpoint(),
  Enter: (target) => target.openMenu(),
  ContextMenu: (target) => target.openMenu(),
  Escape: (target) => target.leave(),
};

interface Place {
  px: number;
  py: number;
}

export function attachPointer(plot: HTMLElement, selection: HTMLElement, target: PointerTarget): void {
  let start: Place | null = null;
  const at = (event: MouseEvent): Place => {
    const box = plot.getBoundingClientRect();
    const area = target.area ?? { left: 0, right: box.width, top: 0, bottom: box.height };
    return {
      px: Math.min(area.right, Math.max(area.left, event.clientX - box.left)),
      py: Math.min(area.bottom, Math.max(area.top, event.clientY - box.top)),
    };
  };
  const cancel = (): void => {
    start = null;
    selection.hidden = true;
  };

  plot.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || target.area === undefined || isMark(event)) return;
    start = at(event);
    plot.setPointerCapture(event.pointerId);
  });
  plot.addEventListener('pointermove', (event) => {
    const { px, py } = at(event);
    if (start !== null && target.area !== undefined)
      drawSelection(selection, start, { px, py }, target.area, event.shiftKey);
    target.hover(px, py, { x: event.clientX, y: event.clientY });
  });
  plot.addEventListener('pointerup', (event) => {
    if (start === null) return;
    const from = start;
    const { px, py } = at(event);
    cancel();
    if (Math.abs(px - from.px) < DRAG_PX) return;
    target.leave();
    const heights = event.shiftKey && Math.abs(py - from.py) >= DRAG_PX;
    target.zoom.select(
      { from: Math.min(from.px, px), to: Math.max(from.px, px) },
      heights ? { top: Math.min(from.py, py), bottom: Math.max(from.py, py) } : null,
    );
  });
  plot.addEventListener('pointercancel', cancel);
  plot.addEventListener('pointerleave', () => {
    if (start === null) target.leave();
  });
  plot.addEventListener('dblclick', (event) => {
    if (!isMark(event)) target.zoom.reset();
  });
  // The plain wheel scrolls the page; with Ctrl or ⌘ it zooms; sideways or with Shift it pans.
  plot.addEventListener(
    'wheel',
    (event) => {
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        target.zoom.by(event.deltaY > 0 ? 1.25 : 0.8, at(event).px);
        return;
      }
      const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
      if (sideways === 0 || Math.abs(sideways) < Math.abs(event.shiftKey ? 0 : event.deltaY)) return;
      if (target.zoom.panBy(sideways * WHEEL_SHARE)) event.preventDefault();
    },
    { passive: false },
  );
  plot.addEventListener('keydown', (event) => {
    if (event.target !== plot || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = KEYS[event.key];
    if (act === undefined) return;
    event.preventDefault();
    if (event.key === 'Escape' && start !== null) cancel();
    else act(target, event.shiftKey);
  });
  plot.addEventListener('contextmenu', (event) => {
    event.preventDefault();
    target.openMenu();
  });
  plot.addEventListener('blur', () => target.leave());
  // While dragging the focus may be anywhere.
  window.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && start !== null) cancel();
  });
}

function isMark(event: Event): boolean {
  return event.target instanceof Element && event.target.closest('.checkpoint') !== null;
}

function drawSelection(
  selection: HTMLElement,
  from: Place,
  to: Place,
  area: { top: number; bottom: number },
  heights: boolean,
): void {
  selection.hidden = Math.abs(to.px - from.px) < DRAG_PX;
  const top = heights ? Math.min(from.py, to.py) : area.top;
  const bottom = heights ? Math.max(from.py, to.py) : area.bottom;
  selection.style.left = `${Math.min(from.px, to.px)}px`;
  selection.style.width = `${Math.abs(to.px - from.px)}px`;
  selection.style.top = `${top}px`;
  selection.style.height = `${bottom - top}px`;
}
