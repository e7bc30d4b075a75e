/** One cursor through all charts. Where it is lies here; drawing it touches no chart, only a line over each. */
import type { Frames, View } from './frames';

export interface CursorPlace {
  /** Metric of the chart under the pointer, or with the focus. */
  key: string;
  x: number;
  /** In values, null when moved by keyboard. */
  y: number | null;
  /** Where the tooltip goes. */
  client: { x: number; y: number };
}

interface CursorChart {
  readonly key: string;
  readonly visible: boolean;
  drawCursor(place: CursorPlace | null): void;
}

export class Cursor implements View {
  readonly visible = true;
  place: CursorPlace | null = null;

  constructor(
    private readonly frames: Frames,
    private readonly charts: () => Iterable<CursorChart>,
    private readonly drawTooltip: (place: CursorPlace | null) => void,
  ) {}

  move(place: CursorPlace): void {
    this.place = place;
    this.frames.mark(this);
  }

  /** `key`: only if the cursor is in that chart. */
  clear(key?: string): void {
    if (this.place === null || (key !== undefined && this.place.key !== key)) return;
    this.place = null;
    this.frames.mark(this);
  }

  /** New data may have moved what is under it. */
  refresh(): void {
    if (this.place !== null) this.frames.mark(this);
  }

  draw(): void {
    for (const chart of this.charts()) if (chart.visible) chart.drawCursor(this.place);
    this.drawTooltip(this.place);
  }
}
