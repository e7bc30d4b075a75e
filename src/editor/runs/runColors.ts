/** Palette of ten (`xtrack.series1` … `xtrack.series10`), then the same colours with other dashes. */
export interface SeriesStyle {
  /** Index into the palette. */
  color: number;
  /** 0 is a solid line. */
  dash: number;
}

/** Keeps the colours over a reload: `workspaceState` fits. */
export interface ColorMemory {
  get<T>(key: string): T | undefined;
  update(key: string, value: unknown): Thenable<void>;
}

const KEY = 'xtrack.runColors';
const PALETTE = 10;
const DASHES = 4;
const REMEMBERED = 5000;

/**
 * Gives each run the next colour when it is first seen, and the same ever after, so that a run looks the same in tree,
 * chart and table.
 */
export class RunColors {
  private readonly index: Map<string, number>;
  private next: number;
  private saving = false;

  constructor(
    private readonly memory: ColorMemory,
    private readonly onSaveFailed: (error: unknown) => void,
  ) {
    const saved = memory.get<[string, number][]>(KEY) ?? [];
    this.index = new Map(saved);
    this.next = saved.reduce((highest, [, index]) => Math.max(highest, index + 1), 0);
  }

  of(run_id: string): SeriesStyle {
    let index = this.index.get(run_id);
    if (index === undefined) {
      index = this.next++;
      this.index.set(run_id, index);
      this.saveSoon();
    }
    return { color: index % PALETTE, dash: Math.floor(index / PALETTE) % DASHES };
  }

  private saveSoon(): void {
    if (this.saving) return;
    this.saving = true;
    setTimeout(() => {
      this.saving = false;
      this.memory.update(KEY, [...this.index].slice(-REMEMBERED)).then(undefined, this.onSaveFailed);
    }, 500);
  }
}
