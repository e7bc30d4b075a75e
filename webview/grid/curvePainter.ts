/** Draws what chart.js does not: bands, lone points, marks for values that are not finite, starts of attempts. */
import type { Chart, Plugin } from 'chart.js';
import { type Theme, withAlpha } from '../shared/theme';
import type { Curve } from './curve';
import { edgeMarks } from './edgeMarks';

export interface Painting {
  curves: Curve[];
  colorOf: (curve: Curve) => string;
  attempts: { x: number; color: string }[];
  theme: Theme;
}

const MARK_GAP = 7;
const MARK_SIZE = 4;

export function curvePainter(painting: () => Painting): Plugin<'line'> {
  return {
    id: 'curvePainter',
    beforeDatasetsDraw(chart) {
      const { curves, colorOf, attempts, theme } = painting();
      clipped(chart, () => {
        for (const curve of curves) if (curve.band !== null) drawBand(chart, curve, curve.band, colorOf(curve), theme);
        for (const { x, color } of attempts) drawAttempt(chart, x, color);
      });
    },
    afterDatasetsDraw(chart) {
      const { curves, colorOf } = painting();
      clipped(chart, () => {
        for (const curve of curves) drawLonePoints(chart, curve, colorOf(curve));
      });
      for (const curve of curves) drawEdgeMarks(chart, curve, colorOf(curve));
    },
  };
}

function clipped(chart: Chart<'line'>, draw: () => void): void {
  const { ctx, chartArea } = chart;
  ctx.save();
  ctx.beginPath();
  ctx.rect(chartArea.left, chartArea.top, chartArea.width, chartArea.height);
  ctx.clip();
  draw();
  ctx.restore();
}

function drawBand(
  chart: Chart<'line'>,
  curve: Curve,
  band: { min: number[]; max: number[] },
  color: string,
  theme: Theme,
): void {
  const { ctx, scales } = chart;
  const x = scales.x!;
  const y = scales.y!;
  ctx.fillStyle = withAlpha(color, theme.highContrast ? 0.45 : 0.25);
  let start = -1;
  if (!curve.ascending) return;
  for (let i = 0; i <= curve.x.length; i++) {
    const gap = i === curve.x.length || Number.isNaN(band.min[i]);
    if (!gap && start === -1) start = i;
    if (!gap || start === -1) continue;
    ctx.beginPath();
    for (let j = start; j < i; j++) ctx.lineTo(x.getPixelForValue(curve.x[j]!), y.getPixelForValue(band.max[j]!) - 0.5);
    for (let j = i - 1; j >= start; j--)
      ctx.lineTo(x.getPixelForValue(curve.x[j]!), y.getPixelForValue(band.min[j]!) + 0.5);
    ctx.fill();
    start = -1;
  }
}

function drawAttempt(chart: Chart<'line'>, at: number, color: string): void {
  const { ctx, scales, chartArea } = chart;
  const px = Math.round(scales.x!.getPixelForValue(at)) + 0.5;
  ctx.strokeStyle = withAlpha(color, 0.7);
  ctx.lineWidth = 1;
  ctx.setLineDash([2, 2]);
  ctx.beginPath();
  ctx.moveTo(px, chartArea.top);
  ctx.lineTo(px, chartArea.bottom);
  ctx.stroke();
  ctx.setLineDash([]);
}

/** A line needs two points: one between gaps would be invisible. */
function drawLonePoints(chart: Chart<'line'>, curve: Curve, color: string): void {
  const { ctx, scales } = chart;
  ctx.fillStyle = color;
  for (let i = 0; i < curve.x.length; i++) {
    const value = curve.line[i]!;
    if (Number.isNaN(value) || isDrawn(curve.line[i - 1]) || isDrawn(curve.line[i + 1])) continue;
    ctx.beginPath();
    ctx.arc(scales.x!.getPixelForValue(curve.x[i]!), scales.y!.getPixelForValue(value), 2.5, 0, 2 * Math.PI);
    ctx.fill();
  }
}

function isDrawn(value: number | undefined): boolean {
  return value !== undefined && !Number.isNaN(value);
}

/** Triangles that point out of the chart: up for +∞, down for −∞ and NaN. */
function drawEdgeMarks(chart: Chart<'line'>, curve: Curve, color: string): void {
  const { ctx, scales, chartArea } = chart;
  ctx.fillStyle = color;
  for (const { px, edge } of edgeMarks(curve.bad, chartArea, (x) => scales.x!.getPixelForValue(x), MARK_GAP)) {
    const tip = edge === 'top' ? chartArea.top : chartArea.bottom;
    const base = edge === 'top' ? tip + 2 * MARK_SIZE : tip - 2 * MARK_SIZE;
    ctx.beginPath();
    ctx.moveTo(px, tip);
    ctx.lineTo(px - MARK_SIZE, base);
    ctx.lineTo(px + MARK_SIZE, base);
    ctx.fill();
  }
}
