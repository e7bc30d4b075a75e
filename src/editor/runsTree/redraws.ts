/** Changes of state are drawn soon, changed numbers later: each redraw hides a hovered row's buttons and tooltip. */
const SOON_MS = 400;
const LATER_MS = 2_000;

/** Collects what is to be redrawn, by id; undefined is everything. */
export class Redraws {
  private readonly ids = new Set<string>();
  private all = false;
  private timer: NodeJS.Timeout | null = null;
  private due = 0;
  private last = 0;

  constructor(private readonly draw: (ids: string[] | 'all') => void) {}

  request(id: string | undefined, when: 'soon' | 'later'): void {
    if (id === undefined) this.all = true;
    else this.ids.add(id);
    const now = Date.now();
    const due = Math.max(now + 20, this.last + (when === 'soon' ? SOON_MS : LATER_MS));
    if (this.timer && this.due <= due) return;
    if (this.timer) clearTimeout(this.timer);
    this.due = due;
    this.timer = setTimeout(() => this.flush(), due - now);
  }

  dispose(): void {
    if (this.timer) clearTimeout(this.timer);
  }

  private flush(): void {
    this.timer = null;
    this.last = Date.now();
    const wanted = this.all ? 'all' : [...this.ids];
    this.ids.clear();
    this.all = false;
    this.draw(wanted);
  }
}
