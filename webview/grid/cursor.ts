/** One cursor through all charts. Drawing it redraws no chart, only a line over each. */
import type { Frames, View } from '../model/frames';

export interface CursorPlace {
  /** Under the pointer, or with the focus. */
  chart: CursorChart;
  x: number;
  /** In values, null when moved by keyboard. */
  y: number | null;
  /** Where the tooltip goes. */
  client: { x: number; y: number };
}

export interface CursorChart {
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

  /** Only if the cursor is in that chart. */
  clear(chart: CursorChart): void {
    if (this.place?.chart !== chart) return;
    this.place = null;
    this.frames.mark(this);
  }

  /** The chart was redrawn, which may have moved what is under the cursor. */
  refresh(chart: CursorChart): void {
    if (this.place === null) return;
    chart.drawCursor(this.place);
    if (this.place.chart === chart) this.drawTooltip(this.place);
  }

  draw(): () => void {
    return () => {
      for (const chart of this.charts()) if (chart.visible) chart.drawCursor(this.place);
      this.drawTooltip(this.place);
    };
  }
}
