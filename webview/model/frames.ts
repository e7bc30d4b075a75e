/** The only place that draws: arriving data marks views dirty, one animation frame draws those that can be seen. */
export interface View {
  readonly visible: boolean;
  /**
   * Draws canvases, and returns a function for its writes to the page, which runs after all draws of the frame. Setting a
   * canvas font recomputes styles if the page has changed, so mixing both would pay for that once per chart.
   */
  draw(): (() => void) | undefined;
}

/** A view that only writes into the page. */
export function viewOf(isVisible: () => boolean, write: () => void): View {
  return {
    get visible() {
      return isVisible();
    },
    draw: () => write,
  };
}

/** Out of the 16 ms of a frame. The rest waits for the next frame, so that the pointer never waits for many charts. */
const BUDGET_MS = 8;

export class Frames {
  private readonly dirty = new Set<View>();
  /** How long each view took at its last draw. */
  private readonly took = new WeakMap<View, number>();
  private requested = false;

  mark(view: View): void {
    this.dirty.add(view);
    this.request();
  }

  private request(): void {
    if (this.requested) return;
    this.requested = true;
    requestAnimationFrame(() => this.run());
  }

  /** Draws at least one view, and more while they fit. Hidden views are dropped: becoming visible marks them again. */
  private run(): void {
    this.requested = false;
    const writes: (() => void)[] = [];
    const end = performance.now() + BUDGET_MS;
    for (const view of [...this.dirty]) {
      const began = performance.now();
      if (writes.length > 0 && began + (this.took.get(view) ?? 0) > end) break;
      this.dirty.delete(view);
      if (!view.visible) continue;
      const write = view.draw();
      if (write !== undefined) writes.push(write);
      this.took.set(view, performance.now() - began);
    }
    for (const write of writes) write();
    if (this.dirty.size > 0) this.request();
  }
}
