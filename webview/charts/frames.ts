/** The only place that draws: arriving data marks views dirty, one animation frame draws those that can be seen. */
export interface View {
  readonly visible: boolean;
  draw(): void;
}

export class Frames {
  private readonly dirty = new Set<View>();
  private requested = false;

  mark(view: View): void {
    this.dirty.add(view);
    if (this.requested) return;
    this.requested = true;
    requestAnimationFrame(() => this.run());
  }

  forget(view: View): void {
    this.dirty.delete(view);
  }

  /** What cannot be seen stays dirty until it can: becoming visible marks it again. */
  private run(): void {
    this.requested = false;
    const views = [...this.dirty];
    this.dirty.clear();
    for (const view of views) if (view.visible) view.draw();
  }
}
