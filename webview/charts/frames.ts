/** The only place that draws: arriving data marks views dirty, one animation frame draws those that can be seen. */
export interface View {
  readonly visible: boolean;
  draw(): void;
}

/** Of a frame's 16 ms; what does not fit goes into the next frame, so that no pointer waits for many charts. */
const BUDGET_MS = 8;

export class Frames {
  private readonly dirty = new Set<View>();
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

  /** What cannot be seen is forgotten: becoming visible marks it again. */
  private run(): void {
    this.requested = false;
    const end = performance.now() + BUDGET_MS;
    for (const view of [...this.dirty]) {
      this.dirty.delete(view);
      if (view.visible) view.draw();
      if (performance.now() >= end) break;
    }
    if (this.dirty.size > 0) this.request();
  }
}
