/** How runs become points: along parallel axes, or by two of their values. */
import type { Chart } from 'chart.js';
import { shortName } from '../../src/domain/format';
import type { PanelRun } from '../../src/protocol/panel';
import { type Theme, withAlpha } from '../shared/theme';
import { type RunColumn, shareOf, textOf } from './runColumns';

export interface RunLayout {
  /** In the units of the scales; NaN where a run has no value. */
  runs: { run: PanelRun; points: { x: number; y: number }[] }[];
  isLines: boolean;
  scales: object;
  /** Draws over the lines. */
  paint?: (chart: Chart<'line'>) => void;
}

const LONGEST = 22;
const MOST_WORDS = 8;

/** One axis per column, each scaled from its least to its greatest value. */
export function parallelLayout(runs: readonly PanelRun[], columns: readonly RunColumn[], theme: Theme): RunLayout {
  const last = columns.length - 1;
  return {
    runs: runs
      .map((run) => ({
        run,
        points: columns.map((column, x) => {
          const value = column.valueOf(run.row);
          return { x, y: value === null ? NaN : shareOf(column, value) };
        }),
      }))
      .filter(({ points }) => points.some(({ y }) => !Number.isNaN(y))),
    isLines: true,
    scales: {
      x: {
        type: 'linear',
        position: 'top',
        min: -0.04,
        max: last + 0.04,
        grid: { display: false },
        border: { display: false },
        afterBuildTicks: (scale: { ticks: object[] }) => (scale.ticks = columns.map((_, value) => ({ value }))),
        ticks: {
          autoSkip: false,
          maxRotation: 40,
          color: theme.foreground,
          font: { family: theme.font, size: 11 },
          callback: (value: number) => shortName(columns[value]?.label ?? '', LONGEST),
        },
      },
      y: { type: 'linear', min: -0.06, max: 1.06, display: false },
    },
    paint: (chart) => paintAxes(chart, columns, theme),
  };
}

function paintAxes({ ctx, scales }: Chart<'line'>, columns: readonly RunColumn[], theme: Theme): void {
  const y = scales.y!;
  ctx.save();
  ctx.font = `11px ${theme.font}`;
  ctx.textBaseline = 'middle';
  const written: { left: number; right: number; y: number }[] = [];
  // The last axis is the one that the others are compared with, so its labels are placed first.
  const order = columns.map((_, i) => (i + columns.length - 1) % columns.length);
  for (const i of order) {
    const column = columns[i]!;
    const x = Math.round(scales.x!.getPixelForValue(i)) + 0.5;
    ctx.strokeStyle = theme.muted;
    ctx.beginPath();
    ctx.moveTo(x, y.getPixelForValue(1));
    ctx.lineTo(x, y.getPixelForValue(0));
    ctx.stroke();
    // Labels of the last axis go to its left, where the canvas has room.
    const isLast = i === columns.length - 1;
    ctx.textAlign = isLast ? 'right' : 'left';
    for (const value of marksOf(column)) {
      const at = y.getPixelForValue(shareOf(column, value));
      const words = shortName(textOf(column, value), LONGEST);
      const from = x + (isLast ? -6 : 6);
      const width = ctx.measureText(words).width + 4;
      const left = from - (isLast ? width - 2 : 2);
      const right = left + width;
      if (written.some((one) => Math.abs(one.y - at) < 14 && one.left < right && left < one.right)) continue;
      written.push({ left, right, y: at });
      // A backdrop keeps labels readable over the lines.
      ctx.fillStyle = withAlpha(theme.background, 0.85);
      ctx.fillRect(left, at - 8, width, 16);
      ctx.fillStyle = theme.foreground;
      ctx.fillText(words, from, at);
    }
  }
  ctx.restore();
}

/** Labels at the ends of an axis, and between them where they fit. */
function marksOf({ words, log, from, to }: RunColumn): number[] {
  if (words !== null && words.length <= MOST_WORDS) return words.map((_, i) => i);
  if (words !== null) return [from, to];
  return log ? [from, Math.sqrt(from * to), to] : [from, (from + to) / 2, to];
}

export function scatterLayout(runs: readonly PanelRun[], x: RunColumn, y: RunColumn, theme: Theme): RunLayout {
  return {
    runs: runs.flatMap((run) => {
      const at = { x: x.valueOf(run.row), y: y.valueOf(run.row) };
      return at.x === null || at.y === null ? [] : [{ run, points: [{ x: at.x, y: at.y }] }];
    }),
    isLines: false,
    scales: { x: scaleOf(x, theme), y: scaleOf(y, theme) },
  };
}

function scaleOf(column: RunColumn, theme: Theme): object {
  const { words, log, from, to } = column;
  const room = (to - from) * 0.06;
  const range = log ? { min: from / 1.3, max: to * 1.3 } : { min: from - room, max: to + room };
  return {
    type: log ? 'logarithmic' : 'linear',
    ...range,
    title: { display: true, text: shortName(column.label, 60), color: theme.foreground, font: { family: theme.font } },
    grid: { color: withAlpha(theme.grid, theme.highContrast ? 0.5 : 0.8) },
    border: { color: theme.grid },
    ...(words === null
      ? {}
      : { afterBuildTicks: (scale: { ticks: object[] }) => (scale.ticks = words.map((_, value) => ({ value }))) }),
    ticks: {
      includeBounds: false,
      maxRotation: 0,
      color: theme.muted,
      font: { family: theme.font, size: 11 },
      callback: (value: number) => shortName(textOf(column, Number(value.toPrecision(6))), LONGEST),
    },
  };
}
