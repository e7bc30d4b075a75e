/** Pointer and keyboard on one chart: cursor, drag-zoom, wheel-zoom. What it means for all charts, its owner decides. */
export interface PointerTarget {
  readonly area: { left: number; right: number; top: number; bottom: number } | undefined;
  pixelToX(px: number): number;
  /** The pointer is over the plot at this pixel. */
  hover(px: number, py: number, client: { x: number; y: number }): void;
  leave(): void;
  select(from: number, to: number): void;
  reset(): void;
  /** Zooms by a factor around x, or around the cursor. */
  zoomBy(factor: number, around: number | null): void;
  /** Moves the cursor by points, or to an end. */
  step(by: number | 'first' | 'last'): void;
}

const DRAG_PX = 5;
const KEYS: Record<string, (target: PointerTarget, coarse: boolean) => void> = {
  ArrowLeft: (target, coarse) => target.step(coarse ? -10 : -1),
  ArrowRight: (target, coarse) => target.step(coarse ? 10 : 1),
  Home: (target) => target.step('first'),
  End: (target) => target.step('last'),
  '+': (target) => target.zoomBy(0.5, null),
  '=': (target) => target.zoomBy(0.5, null),
  '-': (target) => target.zoomBy(2, null),
  '0': (target) => target.reset(),
  Escape: (target) => target.leave(),
};

export function attachPointer(plot: HTMLElement, selection: HTMLElement, target: PointerTarget): void {
  let start: number | null = null;
  const at = (event: MouseEvent): { px: number; py: number } => {
    const box = plot.getBoundingClientRect();
    const area = target.area ?? { left: 0, right: box.width };
    return { px: Math.min(area.right, Math.max(area.left, event.clientX - box.left)), py: event.clientY - box.top };
  };
  const cancel = (): void => {
    start = null;
    selection.hidden = true;
  };

  plot.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || target.area === undefined || isMark(event)) return;
    start = at(event).px;
    plot.setPointerCapture(event.pointerId);
  });
  plot.addEventListener('pointermove', (event) => {
    const { px, py } = at(event);
    if (start !== null && target.area !== undefined) drawSelection(selection, start, px, target.area);
    target.hover(px, py, { x: event.clientX, y: event.clientY });
  });
  plot.addEventListener('pointerup', (event) => {
    if (start === null) return;
    const from = start;
    const { px } = at(event);
    cancel();
    if (Math.abs(px - from) < DRAG_PX) return;
    target.leave();
    target.select(target.pixelToX(Math.min(from, px)), target.pixelToX(Math.max(from, px)));
  });
  plot.addEventListener('pointercancel', cancel);
  plot.addEventListener('pointerleave', () => {
    if (start === null) target.leave();
  });
  plot.addEventListener('dblclick', (event) => {
    if (!isMark(event)) target.reset();
  });
  plot.addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      target.zoomBy(event.deltaY > 0 ? 1.25 : 0.8, target.pixelToX(at(event).px));
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
  plot.addEventListener('blur', () => target.leave());
  // While dragging the focus may be anywhere.
  window.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && start !== null) cancel();
  });
}

function isMark(event: Event): boolean {
  return event.target instanceof Element && event.target.closest('.checkpoint') !== null;
}

function drawSelection(selection: HTMLElement, from: number, to: number, area: { top: number; bottom: number }): void {
  selection.hidden = Math.abs(to - from) < DRAG_PX;
  selection.style.left = `${Math.min(from, to)}px`;
  selection.style.width = `${Math.abs(to - from)}px`;
  selection.style.top = `${area.top}px`;
  selection.style.height = `${area.bottom - area.top}px`;
}
