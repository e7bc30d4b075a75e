/** The only place that draws: arriving data marks views dirty, one animation frame draws those that can be seen. */
export interface View {
  readonly visible: boolean;
  /**
   * What it returns is done when all that fits was drawn, and is for what it writes into the page: a canvas that is told
   * a font has the styles of a changed page reckoned first, so changes in between would cost that once a chart.
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

/** Of a frame's 16 ms; what does not fit goes into the next frame, so that no pointer waits for many charts. */
const BUDGET_MS = 8;

export class Frames {
  private readonly dirty = new Set<View>();
  /** How long each took when it was drawn last. */
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

  /** What cannot be seen is forgotten: becoming visible marks it again. One is drawn, and those that fit beside it. */
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
