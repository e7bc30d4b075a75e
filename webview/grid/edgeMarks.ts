/** Points that are not finite have no height: they are marked at the chart's edge, NaN and −∞ below, +∞ above. */
import type { Series } from '../../src/protocol/rows';

export interface EdgeMark {
  px: number;
  edge: 'top' | 'bottom';
}

/** At most one mark every `gap` pixels and edge, so that a run full of NaN stays cheap. */
export function edgeMarks(
  bad: Series['bad'],
  area: { left: number; right: number },
  toPixel: (x: number) => number,
  gap: number,
): EdgeMark[] {
  const marks: EdgeMark[] = [];
  const last = { top: -Infinity, bottom: -Infinity };
  for (const { x, kind } of bad) {
    const px = toPixel(x);
    if (px < area.left - 0.5 || px > area.right + 0.5) continue;
    const edge = kind === 'inf' ? 'top' : 'bottom';
    if (px - last[edge] < gap) continue;
    last[edge] = px;
    marks.push({ px, edge });
  }
  return marks;
}
