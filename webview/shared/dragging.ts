/** Callbacks for a drag. */
export interface Drag {
  /** `by`: pixels from where the pointer was pressed. */
  move(by: { x: number; y: number }): void;
  end(): void;
  /** Undoes the drag. */
  cancel(): void;
}

/** The handle captures the pointer from press to release; Escape cancels. */
export function attachDrag(handle: HTMLElement, begin: () => Drag): void {
  let current: { drag: Drag; x: number; y: number } | null = null;
  const over = (how: 'end' | 'cancel'): void => {
    const drag = current?.drag;
    current = null;
    drag?.[how]();
  };
  handle.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    handle.setPointerCapture(event.pointerId);
    handle.focus();
    current = { drag: begin(), x: event.pageX, y: event.pageY };
  });
  handle.addEventListener('pointermove', (event) => {
    current?.drag.move({ x: event.pageX - current.x, y: event.pageY - current.y });
  });
  handle.addEventListener('pointerup', () => over('end'));
  // Also without an end: a window over it, or the element is gone.
  handle.addEventListener('lostpointercapture', () => over('cancel'));
  handle.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || current === null) return;
    event.stopImmediatePropagation();
    over('cancel');
  });
}
