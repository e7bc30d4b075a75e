/** A histogram at one step as bars, above a map of all steps, shaded by count. */
import { t } from '../../src/base/texts';
import { formatCount, formatNumber } from '../../src/domain/format';
import { el } from '../shared/dom';
import type { Theme } from '../shared/theme';
import type { HistogramItem } from './mediaItems';

const WIDTH = 280;
const BARS = 96;
const MAP = 72;

export function histogramView(
  item: HistogramItem,
  all: readonly HistogramItem[],
  color: number,
  theme: Theme,
): HTMLElement {
  const canvas = el('canvas', { class: 'histogram', role: 'img', 'aria-label': describeHistogram(item) });
  const scale = window.devicePixelRatio || 1;
  const map = all.length > 1 ? MAP : 0;
  canvas.width = WIDTH * scale;
  canvas.height = (BARS + map) * scale;
  canvas.style.aspectRatio = `${WIDTH} / ${BARS + map}`;
  const context = canvas.getContext('2d');
  if (context !== null) {
    context.scale(scale, scale);
    context.fillStyle = theme.series[color] ?? theme.foreground;
    drawBars(context, item);
    if (map > 0) drawMap(context, item, all, theme);
  }
  const low = item.edges[0]!;
  const high = item.edges.at(-1)!;
  return el(
    'div',
    { class: 'histogram-view' },
    canvas,
    el(
      'div',
      { class: 'histogram-range number muted', 'aria-hidden': 'true' },
      el('span', {}, formatNumber(low)),
      el('span', {}, t('{0} values', formatCount(Math.round(sum(item.counts))))),
      el('span', {}, formatNumber(high)),
    ),
    item.bad > 0 && el('div', { class: 'chart-bad' }, t('{0} NaN/∞', formatCount(item.bad))),
  );
}

/** Describes the figure for screen readers. */
export function describeHistogram({ edges, counts, bad }: HistogramItem): string {
  const total = sum(counts);
  const most = counts.indexOf(Math.max(...counts));
  const range = (from: number, to: number): string => t('{0} to {1}', formatNumber(from), formatNumber(to));
  const parts = [t('{0} values from {1}', formatCount(Math.round(total)), range(edges[0]!, edges.at(-1)!))];
  if (total > 0) parts.push(t('most from {0}', range(edges[most]!, edges[most + 1]!)));
  if (bad > 0) parts.push(t('{0} NaN or ∞', formatCount(bad)));
  return parts.join(', ');
}

function drawBars(context: CanvasRenderingContext2D, { edges, counts }: HistogramItem): void {
  const low = edges[0]!;
  const span = edges.at(-1)! - low || 1;
  const highest = Math.max(...counts) || 1;
  counts.forEach((count, i) => {
    const left = ((edges[i]! - low) / span) * WIDTH;
    const right = ((edges[i + 1]! - low) / span) * WIDTH;
    const height = (count / highest) * (BARS - 6);
    context.fillRect(left, BARS - 4 - height, Math.max(0.5, right - left - (right - left > 3 ? 1 : 0)), height);
  });
}

/** One row per step as far as there is room; the step shown above is marked. */
function drawMap(
  context: CanvasRenderingContext2D,
  shown: HistogramItem,
  all: readonly HistogramItem[],
  theme: Theme,
): void {
  const low = Math.min(...all.map(({ edges }) => edges[0]!));
  const span = Math.max(...all.map(({ edges }) => edges.at(-1)!)) - low || 1;
  const rows = Math.min(MAP, all.length);
  const height = MAP / rows;
  for (let row = 0; row < rows; row++) {
    const { edges, counts } = all[Math.floor((row * all.length) / rows)]!;
    const highest = Math.max(...counts) || 1;
    counts.forEach((count, i) => {
      context.globalAlpha = count / highest;
      const left = ((edges[i]! - low) / span) * WIDTH;
      context.fillRect(left, BARS + row * height, ((edges[i + 1]! - edges[i]!) / span) * WIDTH + 0.5, height + 0.5);
    });
  }
  context.globalAlpha = 1;
  context.strokeStyle = theme.foreground;
  const at = Math.floor((all.indexOf(shown) * rows) / all.length);
  context.strokeRect(0.5, BARS + at * height + 0.5, WIDTH - 1, Math.max(1, height - 1));
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
